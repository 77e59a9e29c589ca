import page from '../../index.html?raw';
import base from '../shared/ui/base.css?raw';
import { theme } from '../shared/ui/theme';
import shop from './shop/shop.css?raw';

const [form, light, dark] = theme.generateStyleSheets() as Record<string, object>[];

it.each([
  ['light', light?.[':root']],
  ['dark', (dark?.['@media (prefers-color-scheme: dark)'] as Record<string, object>)[':root']],
])('the sheets name only what the theme knows in %s', (_scheme, colours) => {
  const known = { ...form?.[':root'], ...colours };
  const named = [base, shop].join().match(/--mui-[\w-]+/g) ?? [];
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !(name in known))).toEqual([]);
});

it('the sheets know no colour of their own', () => {
  const screen = [base, shop].map((sheet) => sheet.replace(/@media print[^]*/, '')).join();
  expect(screen.match(/#[0-9a-f]{3,8}\b/gi)).toBeNull();
});

it('the bar around the page is of its paper', () => {
  const bars = [...page.matchAll(/name="theme-color".*content="(.*)"/g)].map(
    ([, colour]) => colour,
  );
  const { light, dark } = theme.colorSchemes;
  expect(bars).toEqual([light?.palette.background.default, dark?.palette.background.default]);
});
