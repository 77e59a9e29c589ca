import { styled } from '@mui/material/styles';

/** Native controls in the page's clothes: a shopper's phone knows best how they work. */
export const TextInput = styled('input')(({ theme }) => ({
  flex: 1,
  minWidth: 0,
  height: 64,
  margin: 0,
  paddingInline: 20,
  font: 'inherit',
  color: 'inherit',
  background: 'transparent',
  border: `1px solid ${theme.vars.palette.text.secondary}`,
  borderRadius: 14,
  '&::placeholder': { color: theme.vars.palette.text.secondary, opacity: 1 },
  '&[aria-invalid="true"]': { borderColor: theme.vars.palette.warning.main, borderWidth: 2 },
}));

export const QuietSelect = styled('select')(({ theme }) => ({
  appearance: 'none',
  height: 48,
  paddingInline: '8px 26px',
  font: 'inherit',
  fontSize: 14,
  color: theme.vars.palette.text.secondary,
  backgroundColor: theme.vars.palette.background.default,
  // A small angle, drawn with what CSS has.
  backgroundImage:
    'linear-gradient(45deg, transparent 50%, currentColor 50%), linear-gradient(135deg, currentColor 50%, transparent 50%)',
  backgroundSize: '5px 5px',
  backgroundPosition: 'right 13px top 22px, right 8px top 22px',
  backgroundRepeat: 'no-repeat',
  '&:dir(rtl)': { backgroundPosition: 'left 8px top 22px, left 13px top 22px' },
  border: 0,
  borderRadius: 14,
  cursor: 'pointer',
}));
