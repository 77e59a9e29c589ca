import { Session, TOKEN_KEY } from '../features/session/session';
import { createKeep, keep } from '../shared/storage/storage';
import { readConfig } from './config';

describe('the settings in the page', () => {
  const page = (boot: string) =>
    new DOMParser().parseFromString(
      `<script id="boot" type="application/json">${boot}</script>`,
      'text/html',
    );

  it.each([
    ['{"demoSignIn":true}', true],
    ['{"demoSignIn":false}', false],
    ['{"demoSignIn":"yes"}', false],
    ['not json', false],
    ['null', false],
    ['', false],
  ])('%s', (boot, demoSignIn) => {
    expect(readConfig(page(boot))).toEqual({ demoSignIn, signInUrl: null, first: null });
  });

  it('knows where shoppers sign in', () => {
    expect(readConfig(page('{"signInUrl":"/login"}')).signInUrl).toBe('/login');
    expect(readConfig(page('{"signInUrl":7}')).signInUrl).toBeNull();
  });

  it.each([
    ['{"first":{"saleStatus":null,"viewer":null}}', { saleStatus: null, viewer: null }],
    ['{"first":{"viewer":null}}', null],
    ['{"first":null}', null],
  ])('%s', (boot, first) => {
    expect(readConfig(page(boot)).first).toEqual(first);
  });
});

describe('the session', () => {
  it('takes over a token from the shop, and from other tabs', () => {
    keep.set(TOKEN_KEY, 'from-the-shop');
    const session = new Session(keep);
    expect(session.state().token).toBe('from-the-shop');
    const stop = session.follow();
    keep.remove(TOKEN_KEY);
    window.dispatchEvent(new StorageEvent('storage', { key: TOKEN_KEY }));
    expect(session.state().token).toBeNull();
    stop();
  });

  it('forgets a refused token, but not the one that replaced it', () => {
    const session = new Session(keep);
    session.signIn('old', 'Ada');
    session.signIn('new', 'Ada');
    session.refuse('old');
    expect(session.state().token).toBe('new');
    session.refuse('new');
    expect(keep.get(TOKEN_KEY)).toBeNull();
  });

  it('works in a browser that keeps nothing', () => {
    const session = new Session(
      createKeep(() => {
        throw new DOMException('no', 'SecurityError');
      }),
    );
    session.signIn('token', 'Ada');
    expect(session.state().token).toBe('token');
  });
});
