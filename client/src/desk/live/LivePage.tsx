import { Controls } from '../controls/Controls';
import { useActivity } from '../sale/useActivity';
import { usePresentSale } from '../sale/SaleFrame';
import { LiveView } from './LiveView';

export function LivePage() {
  const live = usePresentSale();
  const seen = useActivity(live.sale.id);
  return <LiveView {...live} {...seen} controls={<Controls {...live} />} />;
}
