import { configure, screen, waitFor, within } from '@testing-library/react';
import { inEnglish, openDesk } from '../../testing/desk';
import { someSale } from '../gallery/fixtures';

// Whole pages, typed into key by key: on a machine that has other work they take their time.
vi.setConfig({ testTimeout: 20_000 });
configure({ asyncUtilTimeout: 5000 });
inEnglish();

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

  it('keeps the focus where it is while it works, and does once what is pressed twice', async () => {
    const { shop, user, press } = await plan();
    shop.loses = true;
    let answer: (value?: unknown) => void = () => undefined;
    shop.holds = new Promise((resolve) => (answer = resolve));
    await press();
    const button = await screen.findByRole('button', { name: 'One moment…' });
    expect(button).toHaveFocus();
    expect(button).toHaveAttribute('aria-disabled', 'true');
    await user.keyboard('{Enter}');
    await user.click(button);
    answer();
    expect(await screen.findByRole('alert')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Schedule it' })).toHaveFocus();
    expect(shop.inputs).toHaveLength(1);
  });

  it('asks a phone for digits where a number is to be typed', () => {
    openDesk('/new');
    const units = screen.getByRole('textbox', { name: /^Units/ });
    expect(units).toHaveAttribute('inputmode', 'numeric');
  });

  it('says so when the server refuses and no field is to blame', async () => {
    const { shop, press } = await plan();
    shop.problems = [{ field: null, code: 'CONFLICT', message: 'full' }];
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent('The server refused this.');
  });

  it.each([
    [{ code: 'BUSY', retryAfterMs: 60_000 }, /could not be done just now. Nothing was changed/],
    [{ code: 'OUTCOME_UNKNOWN' }, /can’t say whether the sale was scheduled/],
  ])('says whether it may have been scheduled all the same: %o', async (refusal, said) => {
    const { shop, press } = await plan();
    shop.refuses = refusal;
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent(said);
  });

  it('shows what is wrong with a plan at its field', async () => {
    const { shop, user } = openDesk('/new');
    await user.click(screen.getByRole('button', { name: 'Schedule it' }));
    expect(screen.getByRole('textbox', { name: /^Name/ })).toBeInvalid();
    expect(screen.getByRole('textbox', { name: /^Name/ })).toHaveFocus();
    expect(shop.inputs).toEqual([]);
    await user.type(screen.getByRole('textbox', { name: /^Name/ }), 'Lamp');
    await user.type(screen.getByRole('textbox', { name: /^Stock keeping unit/ }), 'L');
    await user.type(screen.getByRole('textbox', { name: /^Units/ }), '5');
    shop.problems = [{ field: ['product', 'imageUrl'], code: 'INVALID', message: 'no' }];
    await user.click(screen.getByRole('button', { name: 'Schedule it' }));
    const picture = screen.getByRole('textbox', { name: /^Picture/ });
    await waitFor(() => expect(picture).toBeInvalid());
    expect(picture).toHaveAccessibleDescription(/begins with/);
    expect(picture).toHaveFocus();
  });
});
