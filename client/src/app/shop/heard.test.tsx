import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { aSale, liveOf } from '../../testing/sales';
import { openShop, truth, watched } from '../../testing/shop';

// What is told to a shopper who only hears the page.

it('a wish refused for good: that nothing was bought, and not that the sale is open', async () => {
  const { shop, user } = openShop({ sale: aSale(), shopper: 'ada' });
  shop.answers.push(() => new HttpResponse(null, { status: 403 }));
  await truth('active');
  await user.click(screen.getByRole('button', { name: /Buy now/ }));
  const words = 'That did not work, and nothing was bought.';
  await waitFor(() => expect(document.querySelector('[aria-live]')).toHaveTextContent(words));
  expect(await truth('active')).toHaveTextContent(words);
});

it('a line that is lost: that it is, and that it is back', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const { line } = openShop({ sale: aSale(), shopper: 'ada' });
  const block = await truth('active');
  await watched(line);
  // It is there before there is anything to tell: what comes with its first words may not be heard.
  const note = within(block).getByRole('status');
  line.accept = false;
  line.drop();
  await waitFor(() => expect(note).toHaveTextContent(/No connection/));
  line.accept = true;
  await waitFor(() => expect(note).toHaveTextContent('Live'), { timeout: 8000 });
  expect(within(block).getByRole('status')).toBe(note);
});

it('another sale: in the place where it listens already', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const { shop, line } = openShop({ sale: aSale({ phase: 'ENDED' }), shopper: 'ada' });
  const heard = await screen.findByText('This sale is over.', { selector: '[aria-live]' });
  await watched(line);
  shop.sale = aSale({ id: 'sale-2', revision: 1 });
  line.say(liveOf(shop.sale));
  await truth('active');
  expect(heard).toBeInTheDocument();
  expect(heard).toHaveTextContent('Open now.');
});

it('no sale: that there is none', async () => {
  openShop({ sale: null, shopper: 'ada' });
  await truth('none');
  expect(document.querySelector('[aria-live]')).toHaveTextContent('Nothing is on sale right now.');
});

it('another language: what was said last, in that one', async () => {
  const { user } = openShop({ sale: aSale({ phase: 'PAUSED' }), shopper: 'ada' });
  await truth('paused');
  const heard = document.querySelector('[aria-live]');
  const before = heard?.textContent;
  const language = screen.getByRole('combobox', { name: 'Language' });
  await user.selectOptions(language, 'de');
  await waitFor(() => expect(document.documentElement.lang).toBe('de'));
  expect(heard?.textContent).not.toBe(before);
  expect(heard?.textContent).toContain('Einen Moment Pause.');
  await user.selectOptions(language, 'en');
});
