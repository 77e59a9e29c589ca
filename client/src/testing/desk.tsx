import { render, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { graphql, HttpResponse, ws } from 'msw';
import { Desk } from '../desk/Desk';
import { someActivity, someChange, somePurchases, someSale } from '../desk/gallery/fixtures';
import type { Point } from '../desk/live/course';
import { createDeskServices, type DeskServices } from '../desk/services';
import { words } from '../desk/words';
import type { DeskChangeFragment, DeskSaleFragment } from '../gql/graphql';
import { initLanguage } from '../shared/i18n/i18n';
import { server } from './server';

const open: DeskServices[] = [];

/** For the hooks of a test: the desk in English, and nothing left open behind it. */
export function inEnglish() {
  beforeAll(() => initLanguage(words, 'en'));
  afterEach(async () => {
    await Promise.all(open.splice(0).map((services) => services.close()));
    sessionStorage.clear();
  });
}

/** The whole desk at an address, against a network of which the test holds the other end. */
export function openDesk(path: string, token: string | null = 'mona', demo = false) {
  const now = Date.now();
  const sale = someSale(now);
  const shop: Shop = {
    sale,
    pages: [[sale]],
    changes: [someChange({ revision: 4 })],
    course: [],
    asked: 0,
    inputs: [],
    problems: [],
    down: false,
    loses: false,
  };
  if (token !== null) {
    sessionStorage.setItem('stampede.token', token);
    sessionStorage.setItem('stampede.name', token);
  }
  server.use(...handlers(shop), line(now));
  window.history.replaceState(null, '', `/desk${path}`);
  const services = createDeskServices();
  open.push(services);
  render(<Desk services={services} demo={demo} />);
  return { shop, user: userEvent.setup(), session: services.session };
}

interface Shop {
  /** The one that visitors see, and with which every change is answered. */
  sale: DeskSaleFragment;
  /** The list of sales. */
  pages: DeskSaleFragment[][];
  changes: DeskChangeFragment[];
  /** How many units were sold when. */
  course: Point[];
  /** How often the list was asked for. */
  asked: number;
  inputs: unknown[];
  problems: { field: string[] | null; code: string; message: string }[];
  /** No question is answered, though the line stands. */
  down: boolean;
  /** What it is told to do it does, and the answer is lost. */
  loses: boolean;
  /** It refuses every change with this: an error's extensions. */
  refuses?: Record<string, unknown>;
  /** It answers no change, and takes no token, before this. */
  holds?: Promise<unknown>;
}

function handlers(shop: Shop) {
  const whole = () => ({
    ...shop.sale,
    changes: {
      __typename: 'SaleChangeConnection',
      totalCount: shop.changes.length,
      nodes: shop.changes,
    },
  });
  const change = (name: string) =>
    graphql.mutation(name, async ({ variables }) => {
      shop.inputs.push(variables.input);
      await shop.holds;
      if (shop.loses) return HttpResponse.error();
      if (shop.refuses) {
        const error = { message: 'no', path: ['payload'], extensions: shop.refuses };
        return HttpResponse.json({ data: null, errors: [error] });
      }
      const userErrors = shop.problems.map((problem) => ({ __typename: 'UserError', ...problem }));
      const sale = userErrors.length > 0 ? null : whole();
      const payload = { __typename: 'SalePayload', sale, userErrors };
      return HttpResponse.json({ data: { payload } });
    });
  return [
    graphql.query('DeskViewer', async ({ request }) => {
      await shop.holds;
      const token = request.headers.get('Authorization');
      if (token === 'Bearer forged') return new HttpResponse(null, { status: 401 });
      const scopes = token === 'Bearer ann' ? ['SHOPPER'] : ['OPERATOR'];
      return HttpResponse.json({ data: { viewer: { __typename: 'Viewer', id: 'mona', scopes } } });
    }),
    graphql.operation(() => (shop.down ? new HttpResponse(null, { status: 503 }) : undefined)),
    graphql.query('DeskSales', ({ variables }) => {
      if (!variables.after) shop.asked++;
      return HttpResponse.json({
        data: {
          viewer: { __typename: 'Viewer', id: 'mona' },
          saleStatus: { __typename: 'Sale', id: shop.sale.id },
          sales: pageOf(shop.pages, Number(variables.after ?? 0)),
        },
      });
    }),
    graphql.query('DeskPurchases', () => HttpResponse.json({ data: somePurchases(Date.now()) })),
    graphql.query('DeskSaleById', () => HttpResponse.json({ data: { saleStatus: whole() } })),
    graphql.query('DeskCourse', ({ variables }) => {
      const soldAt = shop.course.map(({ at, sold }) => ({
        __typename: 'SoldPoint',
        at: new Date(at).toISOString(),
        sold,
      }));
      const saleStatus = { __typename: 'Sale', id: String(variables.id), soldAt };
      return HttpResponse.json({ data: { saleStatus } });
    }),
    change('DeskPause'),
    change('DeskEnd'),
    change('DeskReschedule'),
    change('DeskRestock'),
    change('DeskSchedule'),
  ];
}

function pageOf(pages: readonly DeskSaleFragment[][], page: number) {
  const hasNextPage = page + 1 < pages.length;
  const pageInfo = { __typename: 'PageInfo', hasNextPage, endCursor: String(page + 1) };
  return { __typename: 'SaleConnection', nodes: pages[page] ?? [], pageInfo };
}

/** Answers saleActivity at once, and stockChanged never. */
const line = (now: number) =>
  ws.link('ws://shop.test/graphql').addEventListener('connection', ({ client }) => {
    client.addEventListener('message', (event) => {
      const message = JSON.parse(event.data as string) as {
        type: string;
        id: string;
        payload: { query: string };
      };
      if (message.type === 'connection_init')
        client.send(JSON.stringify({ type: 'connection_ack' }));
      if (message.type === 'subscribe' && message.payload.query.includes('saleActivity')) {
        const data = { saleActivity: someActivity(now) };
        client.send(JSON.stringify({ type: 'next', id: message.id, payload: { data } }));
      }
    });
  });

/** The network is back, and says so until this is seen: no wait before a retry lasts. */
export const returning = (seen: () => HTMLElement) =>
  waitFor(() => {
    window.dispatchEvent(new Event('online'));
    return seen();
  });
