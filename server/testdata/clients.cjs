// The real clients from npm, graphql-ws and graphql-sse, against a running server: what npmclients_test.go starts. It
// says on its output what it wants done ("restart"), reads that it is done, and ends with 0 when all was as it should be.
const assert = require('node:assert/strict');
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const { url, client: folder, token, brief, bad, saleId } = JSON.parse(process.argv[2]);
const packages = createRequire(`${folder}/package.json`);
const { createClient: connect } = packages('graphql-ws');
const { createClient: stream } = packages('graphql-sse');
const { WebSocket } = packages('ws');

const WATCH = 'subscription { stockChanged { sold revision phase } }';
const BUY = `mutation ($id: ID!) { purchase(input: {saleId: $id}) { __typename ... on PurchaseSuccess { purchase { ordinal } } } }`;
const bearer = (value) => ({ Authorization: `Bearer ${value}` });
const WITHIN = 20_000;

/** What came so far; `until` waits for one that is as it should be. */
class Log {
  #all = [];
  #waiting = new Set();
  push = (item) => {
    this.#all.push(item);
    for (const look of [...this.#waiting]) look();
  };
  get all() {
    return this.#all;
  }
  until(what, ok) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`never came: ${what}; but ${JSON.stringify(this.#all).slice(0, 2000)}`));
      }, WITHIN);
      const look = () => {
        const found = this.#all.find(ok);
        if (found === undefined) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** A graphql-ws client; what happens to its connection goes to `events`. */
function socket(options = {}) {
  const events = new Log();
  const note = (kind) => (detail) => events.push({ kind, detail, code: detail?.code, reason: detail?.reason });
  const client = connect({
    url: url.replace('http', 'ws') + '/graphql',
    webSocketImpl: WebSocket,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    retryAttempts: 200,
    on: {
      connected: () => events.push({ kind: 'connected' }),
      closed: note('closed'),
      error: note('error'),
      ping: (received) => events.push({ kind: 'ping', received }),
      pong: (received) => events.push({ kind: 'pong', received }),
    },
    ...options,
  });
  return { client, events };
}

/** Subscribes; what comes goes to the log, the end of it too. */
function follow(client, payload) {
  const log = new Log();
  const stop = client.subscribe(payload, {
    next: (result) => log.push(result),
    error: (error) => log.push({ error, says: String(error) }),
    complete: () => log.push({ complete: true }),
  });
  return { log, stop };
}

async function once(client, payload) {
  const { log } = follow(client, payload);
  await log.until('the end', (item) => item.complete || item.error);
  return log.all;
}

const sold = (log, n) => log.until(`${n} sold`, (item) => (item.data?.stockChanged.sold ?? -1) >= n);

function neverBack(log) {
  const revisions = log.all.filter((item) => item.data).map((item) => item.data.stockChanged.revision);
  assert.deepEqual(revisions, [...revisions].sort((a, b) => a - b), 'revisions went back');
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function have(what) {
  process.stdout.write(`${what}\n`);
  assert.equal((await lines.next()).value, `done: ${what}`);
}

/** Everything over one socket: a subscription, a mutation, a query, an error, pings. */
async function oneSocket() {
  const { client, events } = socket({ connectionParams: bearer(token), keepAlive: 50 });
  const watching = follow(client, { query: WATCH });
  await sold(watching.log, 0);
  const bought = await once(client, { query: BUY, variables: { id: saleId } });
  assert.equal(bought.length, 2);
  assert.deepEqual(bought[0].data.purchase, { __typename: 'PurchaseSuccess', purchase: { ordinal: 1 } });
  await sold(watching.log, 1);
  assert.deepEqual((await once(client, { query: '{ viewer { id } saleStatus { sold } }' }))[0], {
    data: { viewer: { id: 'ann' }, saleStatus: { sold: 1 } },
  });
  const [refused, ...more] = await once(client, { query: '{ nonsense }' });
  assert.equal(refused.error[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.deepEqual(more, []);
  await events.until('a ping', ({ kind, received }) => kind === 'ping' && !received);
  await events.until('its pong', ({ kind, received }) => kind === 'pong' && received);
  watching.stop();
  await watching.log.until('the end', (item) => item.complete);
  neverBack(watching.log);
  await client.dispose();
  assert.equal(events.all.filter(({ kind }) => kind === 'connected').length, 1, 'over one connection');
  assert.equal((await events.until('the end', ({ kind }) => kind === 'closed')).code, 1000);
}

/** How the server ends connections, as the client hears it. */
async function ends() {
  const end = async (options, code, reason, begin = (client) => follow(client, { query: WATCH })) => {
    const { client, events } = socket({ retryAttempts: 0, ...options });
    const { log } = begin(client);
    await log.until('an error', (item) => item.error);
    const closed = await events.until(`${code}`, ({ kind }) => kind === 'closed');
    assert.deepEqual([closed.code, closed.reason], [code, reason]);
    await client.dispose();
  };
  await Promise.all([
    end({ connectionParams: bearer(bad) }, 4403, 'Forbidden'),
    end({ connectionParams: bearer(brief) }, 4403, 'token expired'),
    end({ connectionParams: () => new Promise(() => {}) }, 4408, 'Connection initialisation timeout'),
    end({ generateID: () => 'same' }, 4409, 'Subscriber for this id already exists', (client) => {
      follow(client, { query: WATCH });
      return follow(client, { query: WATCH });
    }),
    end({ jsonMessageReplacer: (key, value) => (key === 'query' ? 7 : value) }, 4400, 'Invalid message received'),
  ]);
}

/** A token that runs out: the client comes back with the next one, and goes on. */
async function nextToken() {
  const tokens = [brief, token];
  const { client, events } = socket({ connectionParams: () => bearer(tokens.shift() ?? token), shouldRetry: () => true });
  const { log, stop } = follow(client, { query: WATCH });
  await events.until('its end', ({ kind, code }) => kind === 'closed' && code === 4403);
  await log.until('another first state', () => log.all.length >= 2);
  stop();
  neverBack(log);
  await client.dispose();
}

/**
 * Both clients see the server restart, and come back by themselves: graphql-ws with `shouldRetry`. Without it, it gives up
 * when the server that restarts refuses a connection, whatever `retryAttempts` says.
 */
async function restart() {
  const { client, events } = socket({ shouldRetry: () => true });
  const faint = socket();
  const sse = stream({ url: `${url}/graphql`, retryAttempts: 200, retry: () => new Promise((resolve) => setTimeout(resolve, 50)) });
  const [onSocket, onStream] = [follow(client, { query: WATCH }), follow(sse, { query: WATCH })];
  const given = follow(faint.client, { query: WATCH });
  await Promise.all([sold(onSocket.log, 1), sold(onStream.log, 1), sold(given.log, 1)]);
  await have('stop');
  assert.equal((await events.until('its end', ({ kind }) => kind === 'closed')).code, 1012);
  assert.equal((await faint.events.until('its end', ({ kind }) => kind === 'closed')).code, 1012);
  await given.log.until('it gives up', (item) => item.error);
  await events.until('it is refused, too', ({ kind }) => kind === 'error');
  const before = [onSocket.log.all.length, onStream.log.all.length];
  await have('start');
  await Promise.all([onSocket.log, onStream.log].map((log, i) => log.until('the state again', () => log.all.length > before[i])));
  await have('sell');
  await Promise.all([sold(onSocket.log, 2), sold(onStream.log, 2)]);
  for (const { log, stop } of [onSocket, onStream]) {
    neverBack(log);
    assert.equal(log.all.some((item) => item.error || item.complete), false, 'it has never ended');
    stop();
  }
  await Promise.all([client.dispose(), faint.client.dispose()]);
}

/** Everything over streams: a subscription, a query, an error. */
async function streams() {
  const client = stream({ url: `${url}/graphql`, headers: bearer(token), retryAttempts: 0 });
  const watching = follow(client, { query: WATCH });
  await sold(watching.log, 1);
  const query = await once(client, { query: '{ viewer { id } saleStatus { sold } }' });
  assert.deepEqual(query, [{ data: { viewer: { id: 'ann' }, saleStatus: { sold: 1 } } }, { complete: true }]);
  const again = await once(client, { query: BUY, variables: { id: saleId } });
  assert.deepEqual(again[0].data.purchase, { __typename: 'AlreadyPurchased' });
  const refused = await once(client, { query: '{ nonsense }' });
  assert.equal(refused[0].errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.deepEqual(refused.slice(1), [{ complete: true }]);
  watching.stop();
  await watching.log.until('the end', (item) => item.complete);
  const stranger = stream({ url: `${url}/graphql`, headers: bearer(bad), retryAttempts: 0 });
  const [{ error }] = await once(stranger, { query: WATCH });
  assert.equal(error.response.status, 401);
}

async function main() {
  await oneSocket();
  await Promise.all([ends(), nextToken(), streams()]);
  await have('nobody watches');
  await restart();
  process.stdout.write('all is well\n');
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
