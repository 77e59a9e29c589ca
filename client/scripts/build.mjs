// Builds the pages one by one, and holds the shopper's first load to its budget and to what it does ahead.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const PARTS = ['shop', 'playground', 'desk'];
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** JavaScript of the shopper's first load, gzipped, in bytes: what its page names, and the longest language. */
const BUDGET = 170_000;

for (const part of PARTS) {
  process.env.PART = part;
  await build({ root: ROOT, logLevel: 'warn' });
}
holdToBudget();

function holdToBudget() {
  const size = (path) => gzipSync(readFileSync(`${ROOT}dist${path}`), { level: 9 }).length;
  const page = readFileSync(`${ROOT}dist/index.html`, 'utf8');
  const named = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path);
  const [longest] = readdirSync(`${ROOT}dist/assets`)
    .filter((name) => /^words-shop-.*\.js$/.test(name))
    .map((name) => `/assets/${name}`)
    .sort((a, b) => size(b) - size(a));
  if (named.length === 0 || !longest)
    throw new Error('the built page names no script, or has no words');
  // A bundler of tomorrow may drop both; see COMPILED_ON_ARRIVAL and FIRST_FORMATTER.
  const text = (path) => readFileSync(`${ROOT}dist${path}`, 'utf8');
  if (!text(named[0]).startsWith('//# allFunctionsCalledOnLoad'))
    throw new Error('the shop’s script does not begin with its hint');
  if (!text(longest).includes('new Intl.NumberFormat'))
    throw new Error('the shop’s words come without the first formatter');
  const loaded = [...named, longest];
  const total = loaded.reduce((sum, path) => sum + size(path), 0);
  for (const path of loaded) console.log(String(size(path)).padStart(8), path);
  console.log(String(total).padStart(8), `bytes of JavaScript, gzipped, of at most ${BUDGET}`);
  if (total > BUDGET) {
    console.error('The first load is over its budget.');
    process.exit(1);
  }
}
