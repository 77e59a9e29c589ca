import { WebSocket } from 'ws';
import type { Stampede } from '../e2e/stampede';

const TOKEN_LASTS_MS = 3_600_000;
const STEP_MS = 50;

/** A crowd for a picture: so many watch, and they buy as crowds do, most of them in the first seconds. */
export class Crowd {
  readonly #stampede: Stampede;
  readonly #sale: string;
  readonly #sockets: WebSocket[] = [];

  constructor(stampede: Stampede, sale: string) {
    this.#stampede = stampede;
    this.#sale = sale;
  }

  /** Until `leaves` is called. */
  async watches(size: number): Promise<void> {
    const url = `${this.#stampede.url.replace('http', 'ws')}/graphql`;
    await Promise.all(
      Array.from({ length: size }, async () => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        this.#sockets.push(socket);
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
        const query = 'subscription { stockChanged { id remaining revision } }';
        socket.send(JSON.stringify({ type: 'connection_init' }));
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
      }),
    );
  }

  leaves(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Buys `perSecond` units at first, fewer each second; one in nine asks for a second unit. Ends by itself. */
  async rushes(perSecond: number, forMs: number): Promise<void> {
    const began = performance.now();
    const asked: Promise<unknown>[] = [];
    let due = 0;
    let last = 0;
    for (let passed = 0; passed < forMs; passed = performance.now() - began) {
      const eased = Math.exp(-passed / (forMs * 0.6)) * (0.6 + 0.8 * Math.random());
      due += (perSecond * eased * (passed - last)) / 1000;
      last = passed;
      for (; due >= 1; due--) asked.push(this.#buys(asked.length));
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    await Promise.all(asked);
  }

  #buys(n: number): Promise<string> {
    const shopper = n % 9 === 8 ? n - 8 : n;
    return this.#stampede.buy(
      this.#stampede.tokenFor(`demo:Guest ${shopper}`, TOKEN_LASTS_MS),
      this.#sale,
    );
  }
}
