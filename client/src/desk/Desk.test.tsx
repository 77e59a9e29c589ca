import { act, configure, screen, waitFor, within } from '@testing-library/react';
import { inEnglish, openDesk, returning } from '../testing/desk';
import { someChange, someSale } from './gallery/fixtures';

// Whole pages, typed into key by key: on a machine that has other work they take their time.
vi.setConfig({ testTimeout: 20_000 });
configure({ asyncUtilTimeout: 5000 });
inEnglish();

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

  it('leaves no sale’s name in the tab of who has signed out', async () => {
    const { user } = openDesk('/sales/sale_1');
    await waitFor(() => expect(document.title).toMatch(/^Aurora lamp · .+ · Stampede desk$/));
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    await waitFor(() => expect(document.title).toBe('Stampede desk'));
    expect(screen.getByRole('heading', { name: 'Operators sign in' })).toBeVisible();
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

  it('tells who comes late how fast it went before', async () => {
    const { shop } = openDesk('/sales/sale_1');
    const began = Date.parse(shop.sale.startsAt);
    shop.course = [
      { at: began, sold: 1 },
      { at: began + 400, sold: 5000 },
    ];
    expect(await screen.findByText('at most 5,000 so far')).toBeVisible();
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

  it('has the sales of others in its list once somebody looks, without a storm of questions', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    const picker = await screen.findByRole('combobox', { name: 'Sale' });
    await within(picker).findByRole('option', { name: /Aurora lamp/ });
    const asked = shop.asked;
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now);
    shop.pages.push([someSale(now, { id: 'sale_2', phase: 'UPCOMING' })]);
    const looks = () => {
      for (let i = 0; i < 5; i++) {
        act(() => picker.focus());
        act(() => picker.blur());
      }
    };
    looks();
    expect(await within(picker).findByRole('option', { name: /Upcoming/ })).toHaveValue('sale_2');
    looks(); // what this would ask has been asked when the next question has its answer
    await user.click(screen.getByRole('link', { name: 'Purchases' }));
    await screen.findByText('12,480 purchases');
    expect(shop.asked).toBe(asked + 1);
    vi.spyOn(Date, 'now').mockReturnValue(now + 10_000);
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    await waitFor(() => expect(shop.asked).toBe(asked + 2));
    vi.spyOn(Date, 'now').mockReturnValue(now + 20_000);
    shop.sale = { ...shop.sale, id: 'sale_3' };
    await user.click(screen.getByRole('link', { name: 'Stampede Desk' }));
    await waitFor(() => expect(window.location.pathname).toBe('/desk/sales/sale_3'));
  });
});
