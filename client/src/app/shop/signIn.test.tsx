import { screen } from '@testing-library/react';
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
  });
});
