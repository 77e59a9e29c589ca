import { ws } from 'msw';
import { Connection } from '../../shared/connection/connection';
import { keep } from '../../shared/storage/storage';
import { server } from '../../testing/server';
import { Session, TOKEN_KEY } from './session';
import { createSocket } from './socket';

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

interface Line {
  send: (message: Message) => void;
  close: (code: number, reason?: string) => void;
}

const open: (() => unknown)[] = [];
afterEach(() => {
  vi.useRealTimers();
  // Who waits on a clock of the test waits for good.
  for (const close of open.splice(0)) void Promise.resolve(close()).catch(() => undefined);
});

/** A page's line and the server's end of it, by hand: `meet` sees each new line, with its number from 0. */
function aLine({
  meet = () => undefined,
  pongs = true,
}: {
  meet?: (line: Line, n: number) => void;
  pongs?: boolean;
}) {
  const heard: Message[] = [];
  let lines = 0;
  const handler = ws.link('ws://shop.test/graphql').addEventListener('connection', ({ client }) => {
    const line: Line = {
      send: (message) => client.send(JSON.stringify(message)),
      close: (...why) => client.close(...why),
    };
    client.addEventListener('message', (event) => {
      const message = JSON.parse(event.data as string) as Message;
      heard.push(message);
      if (message.type === 'connection_init') line.send({ type: 'connection_ack' });
      if (message.type === 'ping' && pongs) line.send({ type: 'pong' });
    });
    meet(line, lines++);
  });
  server.use(handler);
  const session = new Session(keep);
  const connection = new Connection(Date.now);
  const client = createSocket(session, connection, 10_000);
  open.push(() => client.dispose());
  const subscribe = () =>
    client.subscribe(
      { query: 'subscription { a }' },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
  const inits = () =>
    heard.filter(({ type }) => type === 'connection_init').map(({ payload }) => payload);
  return { heard, session, connection, subscribe, inits, lines: () => lines };
}

const told = { timeout: 4000, interval: 5 };

describe('the live line', () => {
  it('names its operations as shortly as can be: each state repeats the name', async () => {
    const { heard, subscribe } = aLine({});
    for (let i = 0; i < 3; i++) subscribe();
    await vi.waitFor(() => {
      const ids = heard.filter(({ type }) => type === 'subscribe').map(({ id }) => id);
      expect(ids).toEqual(['1', '2', '3']);
    }, told);
  });

  it('comes back after every end that is not for good, as often as it takes', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0); // no wait
    const ends = [1012, 1013, 1001, 1006, 4408, 4403];
    const again = 5 * ends.length;
    const { connection, lines } = aLine({
      meet: (line, n) => {
        const code = ends[n % ends.length];
        if (n < again && code !== undefined) line.close(code === 1006 ? 1005 : code, 'test');
      },
    });
    await vi.waitFor(() => expect(connection.state().status).toBe('live'), told);
    expect(lines()).toBe(again + 1);
    expect(connection.state().lives).toBe(1);
  });

  it('waits longer each time, each client at its own moment', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    });
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const at: number[] = [];
    const began = Date.now();
    aLine({
      meet: (line) => {
        at.push(Date.now() - began);
        line.close(1012, 'test');
      },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    const waits = at.slice(1).map((time, i) => Math.round((time - (at[i] ?? 0)) / 500));
    expect(waits.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 20, 20]);
  });

  it('closes a line that carries nothing, and opens another one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    vi.spyOn(Math, 'random').mockReturnValue(0.1);
    const { connection, lines } = aLine({ pongs: false });
    await vi.advanceTimersByTimeAsync(14_000);
    expect(connection.state()).toMatchObject({ status: 'live', lives: 1 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(connection.state()).toMatchObject({ status: 'live', lives: 2 });
    expect(lines()).toBe(2);
  });

  it('keeps a line on which the server answers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { connection, lines } = aLine({});
    await vi.advanceTimersByTimeAsync(120_000);
    expect(connection.state()).toMatchObject({ status: 'live', lives: 1 });
    expect(lines()).toBe(1);
  });

  it('forgets the token that the server refuses, and only that one', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    keep.set(TOKEN_KEY, 'old');
    const closers: (() => void)[] = [];
    const { session, inits } = aLine({
      meet: (line) => closers.push(() => line.close(4403, 'Forbidden')),
    });
    await vi.waitFor(() => expect(inits()).toEqual([{ Authorization: 'Bearer old' }]), told);
    session.signIn('new', 'Ada');
    closers[0]?.();
    await vi.waitFor(() => expect(inits()[1]).toEqual({ Authorization: 'Bearer new' }), told);
    expect(session.state().token).toBe('new');
    closers[1]?.();
    await vi.waitFor(() => expect(inits()[2]).toEqual({}), told);
    expect(session.state().token).toBeNull();
  });
});
