// Makes the files of Inter that `fonts.css` names: the letters, the weights and the features that the pages use, which is
// three fifths of what the package brings. The first visit's script shares the line with them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import subsetFont from 'subset-font';

const SHEET = fileURLToPath(new URL('../src/shared/ui/fonts.css', import.meta.url));
const whole = (name) =>
  import.meta.resolve(`@fontsource-variable/inter/files/inter-${name}-wght-normal.woff2`);
/** Marks and pairs set well, figures of one width, the colon between figures at their height. */
const FEATURES = ['calt', 'case', 'ccmp', 'kern', 'locl', 'mark', 'mkmk', 'tnum'];
const FACE =
  /font-weight: (\d+) (\d+);\s*src: url\('\.\/inter\/([\w-]+)\.woff2'\)[^;]*;\s*unicode-range:([^;]+);/g;

const faces = [...readFileSync(SHEET, 'utf8').matchAll(FACE)];
if (faces.length === 0) throw new Error(`${SHEET} names no face`);
mkdirSync(new URL('../src/shared/ui/inter', import.meta.url), { recursive: true });
for (const [, min, max, name, ranges] of faces) {
  const small = await subsetFont(readFileSync(new URL(whole(name))), letters(ranges), {
    targetFormat: 'woff2',
    keepFeatures: FEATURES,
    variationAxes: { wght: { min: Number(min), max: Number(max) } },
  });
  writeFileSync(new URL(`../src/shared/ui/inter/${name}.woff2`, import.meta.url), small);
}

/** All letters of a `unicode-range`. */
function letters(ranges) {
  return [...ranges.matchAll(/U\+([0-9A-F]+)(?:-([0-9A-F]+))?/g)]
    .flatMap(([, first, last = first]) => {
      const from = Number.parseInt(first, 16);
      const to = Number.parseInt(last, 16);
      return Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));
    })
    .join('');
}
