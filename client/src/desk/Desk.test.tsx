import { configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { graphql, HttpResponse, ws } from 'msw';
import type { DeskChangeFragment, DeskSaleFragment } from '../gql/graphql';
import { initLanguage } from '../shared/i18n/i18n';
import { server } from '../testing/server';
import { Desk } from './Desk';
import { someActivity, someChange, somePurchases, someSale } from './gallery/fixtures';
import { createDeskServices, type DeskServices } from './services';
import { words } from './words';

// Whole pages, typed into key by key: on a machine that has other work they take their time.
vi.setConfig({ testTimeout: 20_000 });
configure({ asyncUtilTimeout: 5000 });

const open: DeskServices[] = [];

beforeAll(() => initLanguage(words, 'en'));
afterEach(async () => {
  await Promise.all(open.splice(0).map((services) => services.close()));
  sessionStorage.clear();
});

/** The whole desk at an address, against a network of which the test holds the other end. */
function openDesk(path: string, token: string | null = 'mona') {
  const now = Date.now();
  const sale = someSale(now);
  const shop: Shop = {
    sale,
    pages: [[sale]],
    changes: [someChange({ revision: 4 })],
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
  render(<Desk services={services} />);
  return { shop, user: userEvent.setup(), session: services.session };
}

interface Shop {
  /** The one that visitors see, and with which every change is answered. */
  sale: DeskSaleFragment;
  /** The list of sales. */
  pages: DeskSaleFragment[][];
  changes: DeskChangeFragment[];
  inputs: unknown[];
  problems: { field: string[] | null; code: string; message: string }[];
  /** No question is answered, though the line stands. */
  down: boolean;
  /** What it is told to do it does, and the answer is lost. */
  loses: boolean;
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
    graphql.mutation(name, ({ variables }) => {
      shop.inputs.push(variables.input);
      if (shop.loses) return HttpResponse.error();
      const userErrors = shop.problems.map((problem) => ({ __typename: 'UserError', ...problem }));
      const sale = userErrors.length > 0 ? null : whole();
      const payload = { __typename: 'SalePayload', sale, userErrors };
      return HttpResponse.json({ data: { payload } });
    });
  return [
    graphql.query('DeskViewer', ({ request }) => {
      const token = request.headers.get('Authorization');
      if (token === 'Bearer forged') return new HttpResponse(null, { status: 401 });
      const scopes = token === 'Bearer ann' ? ['SHOPPER'] : ['OPERATOR'];
      return HttpResponse.json({ data: { viewer: { __typename: 'Viewer', id: 'mona', scopes } } });
    }),
    graphql.operation(() => (shop.down ? new HttpResponse(null, { status: 503 }) : undefined)),
    graphql.query('DeskSales', ({ variables }) =>
      HttpResponse.json({
        data: {
          viewer: { __typename: 'Viewer', id: 'mona' },
          saleStatus: { __typename: 'Sale', id: shop.sale.id },
          sales: pageOf(shop.pages, Number(variables.after ?? 0)),
        },
      }),
    ),
    graphql.query('DeskPurchases', () => HttpResponse.json({ data: somePurchases(Date.now()) })),
    graphql.query('DeskSaleById', () => HttpResponse.json({ data: { saleStatus: whole() } })),
    graphql.query('DeskCourse', ({ variables }) => {
      const saleStatus = { __typename: 'Sale', id: String(variables.id), soldAt: [] };
      return HttpResponse.json({ data: { saleStatus } });
    }),
    change('DeskPause'),
    change('DeskEnd'),
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
const returning = (seen: () => HTMLElement) =>
  waitFor(() => {
    window.dispatchEvent(new Event('online'));
    return seen();
  });

describe('the desk', () => {
  it('asks for a token, and keeps only one that may operate', async () => {
    const { user, session } = openDesk('', null);
    const token = screen.getByRole('textbox', { name: 'Access token' });
    const signIn = screen.getByRole('button', { name: 'Sign in' });
    await user.type(token, 'forged');
    await user.click(signIn);
    expect(await screen.findByText('The server does not take this token.')).toBeVisible();
    await user.clear(token);
    await user.type(token, 'ann');
    await user.click(signIn);
    expect(await screen.findByText(/does not carry the scope/)).toBeVisible();
    expect(session.state().token).toBeNull();
    await user.clear(token);
    await user.type(token, 'Bearer mona{Enter}');
    expect(await screen.findByRole('heading', { name: 'Aurora lamp' })).toBeVisible();
    expect(session.state().token).toBe('mona');
  });

  it('shows what goes on, on every server', async () => {
    openDesk('/sales/sale_1');
    const table = await screen.findByRole('table');
    expect(
      within(table).getByRole('row', { name: /shop-1\/1.*this one.*104.*44.*2,804/ }),
    ).toBeVisible();
    expect(within(table).getByRole('row', { name: /shop-3\/1 silent since/ })).toBeVisible();
    expect(within(table).getByRole('rowheader', { name: 'All' })).toBeVisible();
    expect(screen.getAllByText('8,412')).toHaveLength(2); // large, and in the table
    expect(screen.getByText('on 2 servers')).toBeVisible();
    expect(screen.getByText('Already bought one')).toBeVisible();
  });

  it('tells who was faster, and overwrites nothing', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    shop.problems = [{ field: ['expectedChange'], code: 'STALE_REVISION', message: 'tim' }];
    shop.changes = [
      someChange({ revision: 44, kind: 'RESTOCKED', changedBy: 'tim', stock: 30_000 }),
      ...shop.changes,
    ];
    await user.click(screen.getByRole('button', { name: 'Pause it' }));
    const conflict = await screen.findByRole('dialog', { name: 'Somebody was faster' });
    expect(shop.inputs).toEqual([{ saleId: 'sale_1', expectedChange: 4 }]);
    await waitFor(() => expect(conflict).toHaveTextContent('restocked it to 30,000 units'));
    expect(conflict).toHaveTextContent('tim');
  });

  it('ends a sale only by its name', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    await user.click(await screen.findByRole('button', { name: 'End the sale' }));
    const button = screen.getByRole('button', { name: 'End it for good' });
    const name = screen.getByRole('textbox', { name: 'Name of the sale' });
    await user.type(name, 'Aurora{Enter}');
    expect(button).toBeDisabled();
    await user.type(name, ' lamp');
    shop.sale = { ...shop.sale, phase: 'ENDED', revision: 1000 };
    await user.click(button);
    expect(await screen.findByText(/This sale is over/)).toBeVisible();
    expect(shop.inputs).toHaveLength(1);
  });

  it('shows what is wrong with a plan at its field', async () => {
    const { shop, user } = openDesk('/new');
    await user.click(screen.getByRole('button', { name: 'Schedule it' }));
    expect(screen.getByRole('textbox', { name: /^Name/ })).toBeInvalid();
    expect(shop.inputs).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: /^Name/ }), 'Lamp');
    await user.type(screen.getByRole('textbox', { name: /^Stock keeping unit/ }), 'L');
    await user.type(screen.getByRole('textbox', { name: /^Units/ }), '5');
    shop.problems = [{ field: ['product', 'imageUrl'], code: 'INVALID', message: 'no' }];
    await user.click(screen.getByRole('button', { name: 'Schedule it' }));
    const picture = screen.getByRole('textbox', { name: /^Picture/ });
    await waitFor(() => expect(picture).toBeInvalid());
    expect(picture).toHaveAccessibleDescription(/begins with/);
  });

  it('asks for the sale until there is an answer, and sooner when the network is back', async () => {
    const { shop } = openDesk('');
    shop.down = true;
    expect(await screen.findByText(/We can’t reach the shop/)).toBeVisible();
    shop.down = false;
    await returning(() => screen.getByRole('button', { name: 'Pause' }));
  });

  it('asks for one sale and for its purchases in the same way', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    shop.down = true;
    expect(await screen.findByText(/We can’t reach the shop/)).toBeVisible();
    shop.down = false;
    const purchases = await returning(() => screen.getByRole('link', { name: 'Purchases' }));
    shop.down = true;
    await user.click(purchases);
    expect(await screen.findByText(/We can’t reach the shop/)).toBeVisible();
    shop.down = false;
    await returning(() => screen.getByText('12,480 purchases'));
    expect(screen.queryByText(/We can’t reach the shop/)).toBeNull();
  });

  it('lets every sale be chosen that can still be run, however many there were', async () => {
    const { shop } = openDesk('/sales/sale_1');
    shop.pages.push([someSale(Date.now(), { id: 'sale_2', phase: 'UPCOMING' })]);
    const picker = await screen.findByRole('combobox', { name: 'Sale' });
    expect(await within(picker).findByRole('option', { name: /Upcoming/ })).toHaveValue('sale_2');
    expect(picker).toHaveValue('sale_1');
  });
});

describe('scheduling', () => {
  async function plan() {
    const desk = openDesk('/new');
    const { user } = desk;
    await user.type(screen.getByRole('textbox', { name: /^Name/ }), 'Lamp');
    await user.type(screen.getByRole('textbox', { name: /^Stock keeping unit/ }), 'L');
    await user.type(screen.getByRole('textbox', { name: /^Units/ }), '5');
    const picker = screen.getByRole('combobox', { name: 'Sale' });
    await within(picker).findByRole('option', { name: /Aurora lamp/ });
    const lamp = someSale(Date.now(), {
      id: 'sale_2',
      product: { __typename: 'Product', sku: 'L', name: 'Lamp', imageUrl: null, price: null },
    });
    const press = () => user.click(screen.getByRole('button', { name: 'Schedule it' }));
    return { ...desk, picker, lamp, press };
  }

  it('has the new sale under its own name, and the others beside it', async () => {
    const { shop, picker, lamp, press } = await plan();
    shop.pages = [[shop.sale, lamp]];
    shop.sale = lamp;
    await press();
    expect(await screen.findByRole('heading', { name: 'Lamp' })).toBeVisible();
    expect(picker).toHaveValue('sale_2');
    expect(within(picker).getByRole('option', { selected: true })).toHaveTextContent(/^Lamp/);
    await waitFor(() => expect(within(picker).getAllByRole('option')).toHaveLength(2));
    expect(within(picker).getByRole('option', { name: /Aurora lamp/ })).toHaveValue('sale_1');
  });

  it('names a sale that the list has not', async () => {
    const { shop, picker, lamp, press } = await plan();
    shop.sale = lamp;
    await press();
    expect(await screen.findByRole('heading', { name: 'Lamp' })).toBeVisible();
    expect(picker).toHaveDisplayValue(/^Lamp · On sale/);
  });

  it('sends to the list of sales when the answer is lost, and shows there what was done', async () => {
    const { shop, picker, lamp, press } = await plan();
    shop.loses = true;
    shop.pages = [[shop.sale, lamp]];
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent(/list of sales/);
    expect(await within(picker).findByRole('option', { name: /^Lamp/ })).toHaveValue('sale_2');
  });

  it('says so when the server refuses and no field is to blame', async () => {
    const { shop, press } = await plan();
    shop.problems = [{ field: null, code: 'CONFLICT', message: 'full' }];
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent('The server refused this.');
  });
});
