import Box from '@mui/material/Box';
import { styled } from '@mui/material/styles';
import type { ReactNode } from 'react';

/** The one large thing: a countdown or a number. */
export const Numeral = styled('span')(({ theme }) => ({
  fontSize: 'clamp(48px, min(12vw, 21cqi), 96px)',
  fontWeight: 700,
  lineHeight: 1,
  letterSpacing: '-0.025em',
  // The colon stands at the height of the digits.
  fontFeatureSettings: "'tnum', 'case'",
  [theme.breakpoints.down('md')]: { fontSize: 'clamp(48px, min(12vw, 21cqi), 76px)' },
}));

const Headline = styled('h2')(({ theme }) => ({
  ...theme.typography.h3,
  fontSize: 28,
  margin: 0,
  display: 'flex',
  alignItems: 'center',
  gap: 12,
  [theme.breakpoints.up('md')]: { fontSize: 40 },
}));

const Text = styled('p')(({ theme }) => ({
  margin: '4px 0 0',
  fontSize: 16,
  lineHeight: 1.4,
  textWrap: 'pretty',
  color: theme.vars.palette.text.secondary,
  [theme.breakpoints.up('md')]: { marginBlockStart: 8, fontSize: 20 },
}));

/** A few words, and a sentence below them. */
export function Words({ title, children, mark }: Words) {
  return (
    <>
      <Headline>
        {mark}
        {title}
      </Headline>
      {children && <Text>{children}</Text>}
    </>
  );
}

interface Words {
  title: string;
  children?: ReactNode;
  mark?: ReactNode;
}

/** A sentence alone. */
export const Sentence = styled('p')(({ theme }) => ({
  margin: 0,
  fontSize: 16,
  lineHeight: 1.4,
  fontWeight: 550,
  textWrap: 'pretty',
  [theme.breakpoints.up('md')]: { fontSize: 20 },
}));

/** Yours. */
export function Tick() {
  return (
    <Box
      component="svg"
      viewBox="0 0 24 24"
      aria-hidden
      sx={{ color: 'success.main', height: '0.8em', width: '0.8em', flex: 'none' }}
    >
      <circle cx="12" cy="12" r="12" fill="currentColor" />
      <path
        d="M6.8 12.4l3.5 3.5 7-7.4"
        fill="none"
        stroke="var(--mui-palette-background-paper)"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Box>
  );
}
