import { ws } from 'msw';
import { server } from '../testing/server';
import { createDeskServices } from './services';

const open: (() => Promise<void>)[] = [];
afterEach(() => {
  vi.useRealTimers();
  // Who waits on a clock of the test waits for good.
  for (const close of open.splice(0)) void close();
});

/** A server that lets everybody in, and then says nothing more. */
const stalling = () =>
  ws.link('ws://shop.test/graphql').addEventListener('connection', ({ client }) => {
    client.addEventListener('message', (event) => {
      if ((event.data as string).includes('connection_init'))
        client.send(JSON.stringify({ type: 'connection_ack' }));
    });
  });

it('does not call numbers live that a stalled line brings no more', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  server.use(stalling());
  const { connection, close } = createDeskServices();
  open.push(close);
  const seen: string[] = [];
  connection.subscribe(() => seen.push(connection.state().status));
  await vi.advanceTimersByTimeAsync(14_000);
  expect(seen).toEqual(['live']);
  await vi.advanceTimersByTimeAsync(6000);
  expect(seen.slice(0, 3)).toEqual(['live', 'lost', 'live']);
});
