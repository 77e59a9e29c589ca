import { usePresentSale } from '../sale/SaleFrame';
import { useCourse } from '../sale/useLiveSale';
import { ReportView } from './ReportView';

const POINTS = 500;

export function ReportPage() {
  const { sale, changes } = usePresentSale();
  const points = useCourse(sale.id, POINTS);
  return <ReportView sale={sale} changes={changes} points={points} />;
}
