import { screen, waitFor } from '@testing-library/react';
import { graphql, HttpResponse } from 'msw';
import { aSale } from '../../testing/sales';
import { openShop, truth } from '../../testing/shop';
import { server } from '../../testing/server';

const NAME = 'This name cannot be used. Please choose another.';
const AWAY = 'We can’t reach the shop. Please try again.';
const refusal = (code?: string) => () =>
  HttpResponse.json({ errors: [{ message: 'No.', extensions: code ? { code } : undefined }] });

describe('a sign-in that fails says what can be done', () => {
  it.each([
    ['a name that the server does not take', refusal('BAD_USER_INPUT'), NAME],
    ['a fault of the server', refusal('INTERNAL'), AWAY],
    ['demo sign-in switched off', refusal('FORBIDDEN'), AWAY],
    ['an error without a code', refusal(), AWAY],
    ['too many at once', () => new HttpResponse(null, { status: 429 }), AWAY],
    ['no network', () => HttpResponse.error(), AWAY],
  ])('%s', async (_, answer, words) => {
    const { user } = openShop({ sale: aSale() });
    server.use(graphql.mutation('SignIn', answer));
    await truth('active');
    await user.type(screen.getByRole('textbox', { name: 'Your name' }), 'Ada');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(words);
    const field = screen.getByRole('textbox', { name: 'Your name' });
    expect(field).toHaveAttribute('aria-invalid', String(words === NAME));
    expect(field).toHaveAccessibleDescription(words);
  });
});

it('who comes back from the shop’s own sign-in to the page as they left it may buy', async () => {
  openShop({ sale: aSale(), demoSignIn: false, signInUrl: '/login' });
  await truth('active');
  expect(screen.getByRole('link', { name: 'Sign in' })).toBeVisible();
  // Kept while this page lay in the browser's store, where it hears of nothing.
  localStorage.setItem('stampede.token', 'ada');
  window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  await waitFor(() => {
    const button = screen.getByRole('button', { name: /^Buy now/ });
    expect(button).toHaveAttribute('aria-disabled', 'false');
  });
});

describe('who hears the page is told with a control what stands below it', () => {
  it('what to type into the field', async () => {
    openShop({ sale: aSale() });
    await truth('active');
    const field = screen.getByRole('textbox', { name: 'Your name' });
    expect(field).toHaveAccessibleDescription('Any name will do. Same name, same shopper.');
  });

  it('where the way to the shop’s own sign-in leads', async () => {
    openShop({ sale: aSale(), demoSignIn: false, signInUrl: '/login' });
    await truth('active');
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAccessibleDescription(
      'Sign in with the shop to buy. This page will know.',
    );
  });

  it('why the buy button is not ready', async () => {
    const first = { saleStatus: aSale(), viewer: null };
    openShop({ sale: aSale(), shopper: 'ada', first, troubles: [() => HttpResponse.error()] });
    await truth('active');
    const button = screen.getByRole('button', { name: /^Buy now/ });
    await waitFor(() =>
      expect(button).toHaveAccessibleDescription('The shop has not answered yet. Trying again.'),
    );
  });
});
