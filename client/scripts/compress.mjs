/** Puts a smaller copy beside every file of the build that gets smaller: brotli, and gzip for those who lack it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const kinds = new Set(['.js', '.css', '.svg', '.json', '.ttf', '.txt', '.map']);
const smallest = 1024; // bytes: below, a header's worth is all there is to win

const encoders = {
  '.br': (content) =>
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  '.gz': (content) => promisify(gzip)(content, { level: 9 }),
};

async function compress(path) {
  const content = await readFile(path);
  if (content.length < smallest) return;
  for (const [suffix, encode] of Object.entries(encoders)) {
    const encoded = await encode(content);
    if (encoded.length < content.length * 0.95) await writeFile(path + suffix, encoded);
  }
}

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile() && kinds.has(extname(entry.name)));
await Promise.all(files.map((entry) => compress(join(entry.parentPath ?? entry.path, entry.name))));
