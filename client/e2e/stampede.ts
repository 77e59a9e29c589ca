import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, from where `make` starts the server too. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = process.env.STAMPEDE_BIN ?? join(ROOT, 'bin/stampede');
const READY_WITHIN_MS = 30_000;
const STOPPED_WITHIN_MS = 10_000;

export interface Product {
  sku: string;
  name: string;
  description?: string;
  imageUrl?: string;
  price?: { amount: string; currencyCode: string };
}

/** A server of our own: the built binary, its own Postgres, an empty folder of data. */
export class Stampede {
  readonly url: string;
  /** A token for the operator of this name. */
  readonly operator: (name: string) => string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #secret: string;
  readonly #operator: string;
  readonly #folder: string;
  #process: ChildProcess;
  #log = '';

  private constructor(address: string, folder: string, secret: string) {
    this.url = `http://${address}`;
    this.#folder = folder;
    this.#secret = secret;
    this.#env = {
      ...without(
        process.env,
        'POSTGRES_BIN',
        'DATABASE_URL',
        'DATABASE_OWNER_URL',
        'AUTH_JWKS_URL',
      ),
      ADDR: address,
      DATA_DIR: folder,
      DEMO: 'true',
      AUTH_SECRET: secret,
    };
    this.operator = (name) => {
      const mint = ['token', '-sub', name, '-scope', 'operator', '-ttl', '1h'];
      return execFileSync(BINARY, mint, { env: this.#env, encoding: 'utf8' }).trim();
    };
    this.#operator = this.operator('op');
    this.#process = this.#spawn();
  }

  static async start(): Promise<Stampede> {
    const folder = mkdtempSync(join(tmpdir(), 'stampede-e2e-'));
    // As root the server runs Postgres as somebody else, who must be able to pass.
    chmodSync(folder, 0o711);
    const address = `127.0.0.1:${await freePort()}`;
    const stampede = new Stampede(address, folder, randomBytes(24).toString('hex'));
    await stampede.#ready();
    return stampede;
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The power fails: nobody is told, nothing is finished. */
  crash = () => this.#end('SIGKILL');

  /** After a crash: the same server, on the same data, at the same address. */
  async returns(): Promise<void> {
    this.#process = this.#spawn();
    await this.#ready();
  }

  /** A shopper's token that the server takes until then, `ms` from now: past its end by the clocks' leeway. */
  tokenFor(shopper: string, ms: number): string {
    const LEEWAY_S = 30;
    const exp = Math.floor((Date.now() + ms) / 1000) - LEEWAY_S;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: shopper, scope: 'shopper', aud: 'stampede', exp };
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${createHmac('sha256', this.#secret).update(signed).digest('base64url')}`;
  }

  #spawn(): ChildProcess {
    const child = spawn(BINARY, [], {
      env: this.#env,
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const note = (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-8000));
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    return child;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const kill = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
    await gone;
    clearTimeout(kill);
  }

  /** Ends whatever is current and schedules one sale, which is the current one from then on. */
  async schedule(
    stock: number,
    opensInMs = -1000,
    more: Partial<Product> = {},
    endsInMs: number | null = null,
  ): Promise<string> {
    await this.#endAll();
    const product: Product = {
      sku: `E2E-${stock}`,
      name: 'Aurora lamp',
      imageUrl: '/demo/aurora-lamp.svg',
      price: { amount: '49.90', currencyCode: 'EUR' },
      ...more,
    };
    const startsAt = instant(opensInMs);
    const endsAt = endsInMs === null ? null : instant(endsInMs);
    return this.#change('scheduleSale', 'ScheduleSaleInput', { product, stock, startsAt, endsAt });
  }

  pause = (saleId: string) => this.#change('pauseSale', 'SaleInput', { saleId });
  resume = (saleId: string) => this.#change('resumeSale', 'SaleInput', { saleId });
  end = (saleId: string) => this.#change('endSale', 'SaleInput', { saleId });
  /** Moves a sale's start: whoever needs time before it, has it. */
  opensIn = (saleId: string, ms: number) =>
    this.#change('rescheduleSale', 'RescheduleSaleInput', { saleId, startsAt: instant(ms) });
  restock = (saleId: string, add: number) =>
    this.#change('restockSale', 'RestockSaleInput', { saleId, add });

  /** Buys one unit without a page. */
  async buyAs(name: string, saleId: string): Promise<string> {
    const { signIn } = await this.#ask<{ signIn: { token: string } }>(
      'mutation ($name: String!) { signIn(name: $name) { token } }',
      { name },
    );
    return this.buy(signIn.token, saleId);
  }

  /** The same by a token, for many at once. */
  async buy(token: string, saleId: string): Promise<string> {
    const { purchase } = await this.#ask<{ purchase: { __typename: string } }>(
      'mutation ($input: PurchaseInput!) { purchase(input: $input) { __typename } }',
      { input: { saleId } },
      token,
    );
    return purchase.__typename;
  }

  async #endAll(): Promise<void> {
    const { sales } = await this.#ask<{ sales: { nodes: { id: string }[] } }>(
      '{ sales(phases: [UPCOMING, ACTIVE, PAUSED, SOLD_OUT], first: 50) { nodes { id } } }',
    );
    for (const { id } of sales.nodes) await this.end(id);
  }

  async #change(field: string, type: string, input: object): Promise<string> {
    const query = `mutation ($input: ${type}!) {
      change: ${field}(input: $input) { sale { id } userErrors { code message } }
    }`;
    const { change } = await this.#ask<{
      change: { sale: { id: string } | null; userErrors: unknown[] };
    }>(query, { input }, this.#operator);
    if (!change.sale) throw new Error(`${field}: ${JSON.stringify(change.userErrors)}`);
    return change.sale.id;
  }

  async #ask<T>(query: string, variables: object = {}, token = this.#operator): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: T; errors?: unknown };
    if (!data || errors) throw new Error(`${response.status} ${JSON.stringify(errors)}`);
    return data;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`The server did not become ready.\n${this.#log}`);
  }
}

const instant = (inMs: number) => new Date(Date.now() + inMs).toISOString();

function without(env: NodeJS.ProcessEnv, ...names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address) resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}
