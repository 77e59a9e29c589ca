import type {} from '@mui/material/themeCssVarsAugmentation';
import { createTheme } from '@mui/material/styles';

const ink = { light: '#14161A', dark: '#F2F1EC' };
const paper = { light: '#FAFAF7', dark: '#101215' };

/**
 * Form as in the design: one accent, hairlines, a scale of 14, 16, 20, 28, 40. The one place that knows the colours: the
 * build writes them out as CSS variables too (`theme.css`), for what is drawn before any script runs.
 */
export const theme = createTheme({
  cssVariables: { colorSchemeSelector: 'media' },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#C8371A', dark: '#B02E13', contrastText: '#FFFFFF' },
        secondary: { main: ink.light, dark: '#2B2E33', contrastText: paper.light },
        success: { main: '#2B6A4D' },
        warning: { main: '#8A5A00' },
        text: { primary: ink.light, secondary: '#5A5D63' },
        background: { default: paper.light, paper: paper.light },
        divider: '#DEDDD6',
        action: { hover: '#F1F0EA', disabledBackground: '#ECEBE4' },
      },
    },
    dark: {
      palette: {
        primary: { main: '#FF6B4A', dark: '#FF8266', contrastText: '#14161A' },
        secondary: { main: ink.dark, dark: '#D8D7D1', contrastText: paper.dark },
        success: { main: '#8CCBA8' },
        warning: { main: '#E3B75F' },
        text: { primary: ink.dark, secondary: '#A5A7AB' },
        background: { default: paper.dark, paper: paper.dark },
        divider: '#2B2E33',
        action: { hover: '#181B1F', disabledBackground: '#1F2227' },
      },
    },
  },
  shape: { borderRadius: 14 },
  typography: {
    fontFamily: `'Inter Variable', 'Inter Fallback', system-ui, sans-serif`,
    fontWeightRegular: 400,
    fontWeightMedium: 550,
    fontWeightBold: 700,
    h1: { fontSize: '28px', fontWeight: 700, lineHeight: 1.15, letterSpacing: '-0.02em' },
    h2: { fontSize: '20px', fontWeight: 400, lineHeight: 1.4 },
    h3: { fontSize: '40px', fontWeight: 700, lineHeight: 1.1, letterSpacing: '-0.025em' },
    body1: { fontSize: '16px', lineHeight: 1.5 },
    body2: { fontSize: '14px', lineHeight: 1.43 },
    button: { fontSize: '16px', fontWeight: 550, textTransform: 'none', letterSpacing: 0 },
  },
  transitions: { duration: { shortest: 120, shorter: 120, short: 160, standard: 160 } },
  components: {
    MuiButtonBase: { defaultProps: { disableRipple: true } },
    MuiButton: { defaultProps: { disableElevation: true } },
  },
});
