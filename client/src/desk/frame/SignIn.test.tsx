import { act, screen } from '@testing-library/react';
import { inEnglish, openDesk } from '../../testing/desk';

// A whole page: on a machine that has other work it takes its time.
vi.setConfig({ testTimeout: 20_000 });
inEnglish();

it.each([
  { demo: true, said: 'This demo server prints one when it starts; it is kept in this tab only.' },
  {
    demo: false,
    said: 'You get one from whoever runs the shop’s sign-in; it is kept in this tab only.',
  },
])('says where a token comes from, demo: $demo', ({ demo, said }) => {
  openDesk('', null, demo);
  expect(screen.getByText(`Paste an access token with the scope operator. ${said}`)).toBeVisible();
});

it('keeps the focus while the token is looked at, and leads back to a wrong one', async () => {
  const { shop, user } = openDesk('', null);
  let answer: (value?: unknown) => void = () => undefined;
  shop.holds = new Promise((resolve) => (answer = resolve));
  const token = screen.getByRole('textbox', { name: 'Access token' });
  const button = screen.getByRole('button', { name: 'Sign in' });
  await user.type(token, 'forged');
  await user.click(button);
  expect(button).toHaveFocus();
  expect(button).toHaveAttribute('aria-disabled', 'true');
  answer();
  expect(await screen.findByText('The server does not take this token.')).toBeVisible();
  expect(token).toHaveFocus();
});

it('says why an operator has to sign in once more', async () => {
  const { shop, user, session } = openDesk('/sales/sale_1');
  await user.click(await screen.findByRole('button', { name: 'Pause' }));
  shop.refuses = { code: 'UNAUTHENTICATED' };
  await user.click(screen.getByRole('button', { name: 'Pause it' }));
  const token = await screen.findByRole('textbox', { name: 'Access token' });
  expect(token).toHaveAccessibleDescription(
    'Your token is no longer good. Please sign in with a new one.',
  );
  act(() => session.signIn('mona', 'mona'));
  await user.click(await screen.findByRole('button', { name: 'Sign out' }));
  expect(await screen.findByRole('textbox', { name: 'Access token' })).toBeVisible();
  expect(screen.queryByText(/no longer good/)).toBeNull();
});
