import css from './base.css?raw';
import { theme } from './theme';

/** The custom properties of one block of `base.css`. */
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
const colour = (block: string, name: string) =>
  new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1];

it.each([
  ['light', light],
  ['dark', dark],
] as const)('Material UI and the style sheet agree on %s', (scheme, block) => {
  const { palette } = theme.colorSchemes[scheme] ?? {};
  const pairs: Record<string, string | undefined> = {
    ink: palette?.text.primary,
    quiet: palette?.text.secondary,
    paper: palette?.background.default,
    surface: palette?.action.hover,
    still: palette?.action.disabledBackground,
    hairline: palette?.divider,
    accent: palette?.primary.main,
    'accent-strong': palette?.primary.dark,
    'on-accent': palette?.primary.contrastText,
    good: palette?.success.main,
    wait: palette?.warning.main,
  };
  for (const [name, value] of Object.entries(pairs)) {
    expect.soft(colour(block, name), name).toBe(value?.toLowerCase());
  }
});
