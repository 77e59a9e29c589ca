import './workers';
import 'graphiql/style.css';
import '../shared/ui/fonts.css';
import './playground.css';
import { createRoot } from 'react-dom/client';
import { Playground } from './Playground';
import { fetchSchema } from './schema';

const root = document.getElementById('root');
if (!root) throw new Error('playground.html has no #root');
// Before the first drawing: without a schema GraphiQL would ask for one at once.
const schema = await fetchSchema();
createRoot(root).render(<Playground schema={schema} />);
