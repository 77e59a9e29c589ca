import { configure, fireEvent, screen, waitFor } from '@testing-library/react';
import { inEnglish, openDesk } from '../../testing/desk';

// Whole pages: on a machine that has other work they take their time.
vi.setConfig({ testTimeout: 20_000 });
configure({ asyncUtilTimeout: 5000 });
inEnglish();

describe('a wish', () => {
  /** An operator who is about to pause the sale. */
  async function about() {
    const desk = openDesk('/sales/sale_1');
    const { user } = desk;
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    const press = () => user.click(screen.getByRole('button', { name: 'Pause it' }));
    return { ...desk, press };
  }

  it('keeps the focus where it is while it is under way, and is made once', async () => {
    const { shop, user, press } = await about();
    let answer: (value?: unknown) => void = () => undefined;
    shop.holds = new Promise((resolve) => (answer = resolve));
    shop.refuses = { code: 'FORBIDDEN' };
    await press();
    const button = await screen.findByRole('button', { name: 'One moment…' });
    const cancel = screen.getByRole('button', { name: 'Cancel' });
    expect(button).toHaveFocus();
    expect(button).toHaveAttribute('aria-disabled', 'true');
    expect(cancel).toHaveAttribute('aria-disabled', 'true');
    await user.keyboard('{Enter}');
    await user.click(cancel);
    await user.click(button);
    answer();
    expect(await screen.findByRole('alert')).toHaveTextContent('The server refused this.');
    expect(screen.getByRole('button', { name: 'Pause it' })).toHaveFocus();
    expect(shop.inputs).toHaveLength(1);
  });

  it('of which no answer comes does not hold the operator for good', async () => {
    const limit = new AbortController();
    const { shop, press } = await about();
    shop.holds = new Promise(() => undefined);
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
    await press();
    expect(await screen.findByRole('button', { name: 'One moment…' })).toBeVisible();
    await waitFor(() => expect(shop.inputs).toHaveLength(1));
    limit.abort(new DOMException('late', 'TimeoutError'));
    expect(await screen.findByRole('alert')).toHaveTextContent('could not be reached');
    expect(screen.getByRole('button', { name: 'Cancel' })).not.toHaveAttribute(
      'aria-disabled',
      'true',
    );
  });

  it('that the servers cannot get to can be asked for again, at once and when they said', async () => {
    const { shop, press } = await about();
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now);
    shop.refuses = { code: 'BUSY', retryAfterMs: 60_000 };
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'This could not be done just now. Nothing was changed.',
    );
    expect(screen.getByText('Please try again in 60 s.')).toBeVisible();
    shop.refuses = { code: 'BUSY', retryAfterMs: 1 };
    await press();
    expect(await screen.findByText('Please try again in 1 s.')).toBeVisible();
    vi.spyOn(Date, 'now').mockReturnValue(now + 1);
    expect(await screen.findByText('You can try again now.')).toBeVisible();
    expect(screen.queryByText(/Please try again/)).toBeNull();
    shop.refuses = { code: 'BUSY', retryAfterMs: 30_000 };
    await press();
    expect(await screen.findByText('Please try again in 30 s.')).toBeVisible();
    expect(shop.inputs).toHaveLength(3);
  });

  it('of which the server does not know what became is looked for in the changes', async () => {
    const { shop, press } = await about();
    shop.refuses = { code: 'OUTCOME_UNKNOWN' };
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The server can’t say whether the change was made. Look at the list of changes',
    );
  });

  it.each([
    ['CONFLICT', 'The sale is over.'],
    ['NOT_FOUND', 'There is no such sale any more.'],
  ])('that comes too late hears why: %s', async (code, said) => {
    const { shop, press } = await about();
    shop.problems = [{ field: ['saleId'], code, message: 'no' }];
    await press();
    expect(await screen.findByRole('alert')).toHaveTextContent(said);
  });

  it('to end a sale asks for its name as it is read: not how many spaces stand in it', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    shop.sale = {
      ...shop.sale,
      product: { ...shop.sale.product, name: 'Cafe\u0301  lamp\u00a02' },
    };
    await user.click(await screen.findByRole('button', { name: 'End the sale' }));
    const field = screen.getByRole('textbox', { name: 'Name of the sale' });
    const button = screen.getByRole('button', { name: 'End it for good' });
    await user.type(field, 'Café lamp');
    expect(button).toBeDisabled();
    await user.type(field, ' 2');
    await user.click(button);
    expect(shop.inputs).toHaveLength(1);
  });

  it('to move the end of a sale moves its start by nothing', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    const startsAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_750).toISOString();
    shop.sale = { ...shop.sale, phase: 'UPCOMING', startsAt, endsAt: null };
    await user.click(await screen.findByRole('button', { name: 'Reschedule' }));
    fireEvent.change(screen.getByLabelText('End'), { target: { value: '2040-01-01T10:00:00' } });
    await user.click(screen.getByRole('button', { name: 'Move it' }));
    const endsAt = new Date('2040-01-01T10:00:00').toISOString();
    await waitFor(() =>
      expect(shop.inputs).toEqual([expect.objectContaining({ startsAt, endsAt })]),
    );
  });

  it('leads to the field that is wrong', async () => {
    const { shop, user } = openDesk('/sales/sale_1');
    await user.click(await screen.findByRole('button', { name: 'Restock' }));
    const field = screen.getByRole('textbox', { name: 'Units to add' });
    await user.type(field, '5');
    shop.problems = [{ field: ['add'], code: 'INVALID', message: 'no' }];
    await user.click(screen.getByRole('button', { name: 'Add them' }));
    expect(await screen.findByText(/^1 or more/)).toBeVisible();
    expect(field).toBeInvalid();
    expect(field).toHaveFocus();
  });
});
