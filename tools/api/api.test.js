import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { buildClientSchema, buildSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { auditServer } from 'graphql-http';
import { ask, openShop, root } from './stampede.js';

let shop;
before(async () => (shop = await openShop()));
after(() => shop.close());

const AUDITS = 61;

test('the audit of GraphQL over HTTP: 61 of 61', async () => {
  const results = await auditServer({ url: `${shop.url}/graphql` });
  const wrong = results
    .filter(({ status }) => status !== 'ok')
    .map(({ id, name, status, reason }) => ({ id, name, status, reason }));
  assert.deepEqual(wrong, []);
  assert.equal(results.length, AUDITS);
});

test('the schema that is served is the one that introspection tells', async () => {
  const served = await (await fetch(`${shop.url}/schema.graphql`)).text();
  const token = shop.token('reader', 'shopper');
  const everything = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
  };
  for (const options of [{}, everything]) await ask(shop, token, getIntrospectionQuery(options));
  const told = buildClientSchema(await ask(shop, token, getIntrospectionQuery(everything)));
  const types = (schema) =>
    Object.keys(schema.getTypeMap())
      .filter((name) => !name.startsWith('__'))
      .sort();
  assert.deepEqual(types(told), types(buildSchema(served)));
  assert.match(printSchema(told), /type Subscription/);
});

test('the page comes compressed and with a policy that knows no inline script', async () => {
  for (const path of ['/', '/playground']) {
    const page = await fetch(shop.url + path);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy');
    assert.match(policy, /script-src 'self';/);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
    assert.equal(page.headers.get('cache-control'), 'no-cache');
    for (const [, attributes, text] of html.matchAll(/<script([^>]*)>([^<]*)/g)) {
      if (!attributes.includes('application/json'))
        assert.equal(text.trim(), '', 'an inline script');
    }
    const script = /<script[^>]+src="([^"]+)"/.exec(html)[1];
    for (const encoding of ['br', 'gzip']) {
      const asset = await fetch(shop.url + script, { headers: { 'Accept-Encoding': encoding } });
      await asset.arrayBuffer();
      assert.equal(asset.headers.get('content-encoding'), encoding);
      assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    }
  }
});

// The snippets of docs/api.md run as they stand. The comment before each says what it prints; those of a language that
// is not at hand are read only.
const runners = {
  sh: {
    has: ['curl', '--version'],
    file: 'snippet.sh',
    command: (file) => ['bash', ['-euo', 'pipefail', file]],
  },
  js: { has: ['node', '--version'], file: 'snippet.mjs', command: (file) => ['node', [file]] },
  go: { has: ['go', 'version'], file: 'main.go', command: (file) => ['go', ['run', file]] },
  python: {
    has: ['python3', '--version'],
    file: 'snippet.py',
    command: (file) => ['python3', [file]],
  },
};

const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
const snippets = [...page.matchAll(/<!-- prints (.+) -->\n```(\w+)\n([\s\S]*?)```/g)].map(
  ([, prints, language, code]) => ({ prints, language, code }),
);

test('docs/api.md has a snippet in each language, and none that is not run', () => {
  assert.equal(snippets.length, [...page.matchAll(/^```(sh|js|go|python)$/gm)].length);
  assert.deepEqual(
    new Set(snippets.map(({ language }) => language)),
    new Set(Object.keys(runners)),
  );
});

for (const [i, { prints, language, code }] of snippets.entries()) {
  test(`docs/api.md, snippet ${i + 1} (${language})`, async () => {
    const runner = runners[language];
    if (spawnSync(...[runner.has[0], runner.has.slice(1)]).error) return; // read only
    const { scheduleSale } = await ask(
      shop,
      shop.token('operator', 'operator'),
      'mutation ($input: ScheduleSaleInput!) { scheduleSale(input: $input) { sale { id } } }',
      {
        input: {
          product: { sku: 'S', name: 'Snippet' },
          stock: 10,
          startsAt: new Date(Date.now() - 1000).toISOString(),
        },
      },
    );
    // Where `graphql-ws` is installed; elsewhere a snippet needs nothing.
    const modules = fileURLToPath(new URL('node_modules/.snippets', import.meta.url));
    mkdirSync(modules, { recursive: true });
    const folder =
      language === 'js'
        ? mkdtempSync(join(modules, 'js-'))
        : mkdtempSync(join(tmpdir(), 'snippet-'));
    try {
      const file = join(folder, runner.file);
      writeFileSync(file, code);
      const [command, args] = runner.command(file);
      const env = {
        ...process.env,
        STAMPEDE: shop.url,
        TOKEN: shop.token(`snippet-${i}`, 'shopper'),
        SALE: scheduleSale.sale.id,
      };
      const { stdout } = await promisify(execFile)(command, args, {
        env,
        cwd: folder,
        timeout: 60_000,
      });
      assert.match(stdout, new RegExp(prints));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
