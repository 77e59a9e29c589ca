import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.STAMPEDE_BIN ?? join(root, 'bin/stampede');

/** A demo shop of our own: the built binary, its own PostgreSQL, an empty folder of data. */
export async function openShop() {
  const folder = mkdtempSync(join(tmpdir(), 'stampede-api-'));
  chmodSync(folder, 0o711); // as root the server runs PostgreSQL as somebody else, who must be able to pass
  const { POSTGRES_BIN, DATABASE_URL, DATABASE_OWNER_URL, ...rest } = process.env;
  const secret = randomBytes(24).toString('hex');
  const env = { ...rest, ADDR: '127.0.0.1:0', DATA_DIR: folder, DEMO: 'true', AUTH_SECRET: secret };
  const child = spawn(binary, [], { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-8000)));
  let url;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= /The page\s+(http:\/\/\S+?)\/?$/.exec(line)?.[1];
    if (line.includes('Ctrl-C')) break;
  }
  if (!url) throw new Error(`The server did not start.\n${log}`);
  child.stdout.resume();
  const token = (sub, scope) =>
    execFileSync(binary, ['token', '-sub', sub, '-scope', scope], { env, encoding: 'utf8' }).trim();
  return {
    url,
    token,
    async close() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
      if (/panicked|level=ERROR/.test(log)) throw new Error(log);
    },
  };
}

/** Sends an operation, and returns its data. */
export async function ask(shop, token, query, variables) {
  const response = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
