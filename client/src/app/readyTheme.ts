import type { Theme } from '@mui/material/styles';
import { themeData } from './themeData';

const { transitions, typography, vars } = themeData;
const { primary, secondary, text } = vars.palette;

/** The channels of the colours that some part makes translucent. */
const channels: Partial<Record<string, string>> = {
  [primary.main]: primary.mainChannel,
  [secondary.main]: secondary.mainChannel,
  [text.primary]: text.primaryChannel,
};

const inMs = (time: number | string) => (typeof time === 'string' ? time : `${time}ms`);

/**
 * The theme as the shopper's page wears it: what `createTheme` makes of `theme.ts`, which takes a phone a while, was made
 * by the build (`themeData.ts`), and the functions that the page's parts call stand here.
 */
export const readyTheme: Theme = {
  ...themeData,
  alpha: (color: string, value: number | string) =>
    `rgba(${channels[color]} / ${typeof value === 'string' ? `calc(${value})` : value})`,
  transitions: {
    ...transitions,
    create(names = 'all', options = {}) {
      const { duration = transitions.duration.standard, delay = 0 } = options;
      const { easing = transitions.easing.easeInOut } = options;
      return [names]
        .flat()
        .map((name) => `${name} ${inMs(duration)} ${easing} ${inMs(delay)}`)
        .join(',');
    },
  },
  typography: { ...typography, pxToRem: (size) => `${size / 16}rem` },
};
