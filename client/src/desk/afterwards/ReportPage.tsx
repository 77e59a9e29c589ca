import { usePresentSale } from '../sale/SaleFrame';
import { useCourse } from '../sale/useLiveSale';
import { ReportView } from './ReportView';

const POINTS = 500;

export function ReportPage() {
  const { sale, changes, changeCount } = usePresentSale();
  const points = useCourse(sale.id, POINTS);
  return <ReportView sale={sale} changes={changes} changeCount={changeCount} points={points} />;
}
