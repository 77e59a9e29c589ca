import type { Theme } from '@mui/material/styles';
import { theme } from '../shared/ui/theme.ts';

const { components, motion, palette, shadows, transitions, typography, vars } = theme;

/**
 * What the parts of the shopper's page read of the theme and is no function; `readyTheme.test.tsx` says when they read
 * more. The build works it out and puts it into this module's place.
 */
export const themeData = {
  components,
  motion,
  palette: {
    mode: palette.mode,
    grey: palette.grey,
    primary: pick(palette.primary, 'main'),
    secondary: pick(palette.secondary, 'main'),
    text: pick(palette.text, 'secondary'),
  },
  shadows: pick(shadows, 1), // Paper asks for it in development only
  transitions: {
    duration: pick(transitions.duration, 'short', 'standard'),
    easing: pick(transitions.easing, 'easeInOut'),
  },
  typography: pick(typography, 'h1', 'h2', 'body1', 'body2', 'button'),
  vars: {
    palette: {
      ...pick(vars.palette, 'Button', 'divider'),
      primary: pick(vars.palette.primary, 'main', 'mainChannel', 'dark', 'contrastText'),
      secondary: pick(vars.palette.secondary, 'main', 'mainChannel', 'dark', 'contrastText'),
      text: pick(vars.palette.text, 'primary', 'primaryChannel', 'secondary'),
      action: pick(vars.palette.action, 'disabled', 'disabledBackground', 'hoverOpacity'),
      background: pick(vars.palette.background, 'default', 'paper'),
      LinearProgress: pick(vars.palette.LinearProgress, 'primaryBg', 'secondaryBg'),
      warning: pick(vars.palette.warning, 'main'),
    },
    shadows: pick(vars.shadows, 0, 1, 2, 4, 6, 8),
    shape: vars.shape,
  },
} as unknown as Theme;

function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]) {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}
