import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { graphql, HttpResponse, ws } from 'msw';
import type { DeskChangeFragment, DeskSaleFragment } from '../gql/graphql';
import { initLanguage } from '../shared/i18n/i18n';
import { server } from '../testing/server';
import { Desk } from './Desk';
import { someActivity, someChange, someSale } from './gallery/fixtures';
import { createDeskServices, type DeskServices } from './services';
import { words } from './words';

const open: DeskServices[] = [];

beforeAll(() => initLanguage(words, 'en'));
afterEach(async () => {
  await Promise.all(open.splice(0).map((services) => services.close()));
  sessionStorage.clear();
});

/** The whole desk at an address, against a network of which the test holds the other end. */
function openDesk(path: string, token: string | null = 'mona') {
  const now = Date.now();
  const shop = {
    sale: someSale(now),
    changes: [someChange({ revision: 4 })],
    inputs: [] as unknown[],
    problems: [] as { field: string[] | null; code: string; message: string }[],
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
  sale: DeskSaleFragment;
  changes: DeskChangeFragment[];
  inputs: unknown[];
  problems: { field: string[] | null; code: string; message: string }[];
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
    graphql.query('DeskSales', () =>
      HttpResponse.json({
        data: {
          viewer: { __typename: 'Viewer', id: 'mona' },
          saleStatus: { __typename: 'Sale', id: shop.sale.id },
          sales: { __typename: 'SaleConnection', nodes: [shop.sale] },
        },
      }),
    ),
    graphql.query('DeskSaleById', () => HttpResponse.json({ data: { saleStatus: whole() } })),
    graphql.query('DeskCourse', () =>
      HttpResponse.json({ data: { saleStatus: { __typename: 'Sale', id: 'sale_1', soldAt: [] } } }),
    ),
    change('DeskPause'),
    change('DeskEnd'),
    change('DeskSchedule'),
  ];
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
});
