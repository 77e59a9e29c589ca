import { ws } from 'msw';
import type { SaleLiveFragment } from '../gql/graphql';

interface Open {
  send: (message: string) => void;
  close: (code: number, reason?: string) => void;
}

/** The server's end of graphql-transport-ws: acknowledges, and says to all what a test wants said. */
export class Line {
  readonly #open = new Map<Open, string | null>();
  /** What was sent with each `connection_init`, the newest last. */
  readonly inits: unknown[] = [];
  accept = true;

  readonly handler = ws
    .link('ws://shop.test/graphql')
    .addEventListener('connection', ({ client }) => {
      const line: Open = {
        send: (text) => client.send(text),
        close: (...why) => client.close(...why),
      };
      if (!this.accept) {
        client.close(1013, 'later');
        return;
      }
      this.#open.set(line, null);
      client.addEventListener('close', () => this.#open.delete(line));
      client.addEventListener('message', (event) => this.#answer(line, event.data as string));
    });

  #answer(line: Open, text: string): void {
    const message = JSON.parse(text) as { type: string; id?: string; payload?: unknown };
    if (message.type === 'connection_init') {
      this.inits.push(message.payload ?? null);
      line.send(JSON.stringify({ type: 'connection_ack' }));
    } else if (message.type === 'ping') line.send(JSON.stringify({ type: 'pong' }));
    else if (message.type === 'subscribe') this.#open.set(line, message.id ?? null);
  }

  get subscribers(): number {
    return [...this.#open.values()].filter((id) => id !== null).length;
  }

  /** A change of stock or phase, to everybody who watches. */
  say(sale: SaleLiveFragment): void {
    for (const [line, id] of this.#open) {
      if (id === null) continue;
      line.send(JSON.stringify({ type: 'next', id, payload: { data: { stockChanged: sale } } }));
    }
  }

  drop(code = 1012): void {
    for (const line of this.#open.keys()) line.close(code, 'test');
    this.#open.clear();
  }
}
