import Box from '@mui/material/Box';
import { styled } from '@mui/material/styles';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export interface Slots {
  /** What to see in half a second: a countdown, a number, a few words. */
  top: ReactNode;
  meter?: ReactNode;
  /** One line below. */
  line?: ReactNode;
  /** Always as tall as the buy button. */
  action?: ReactNode;
  note?: ReactNode;
}

/**
 * Countdown, button, receipt and farewell share this box. Its size and the places in it never change, so
 * nothing moves at the moment that matters.
 */
export function TruthBox({
  status,
  kind,
  slots,
}: {
  status: ReactNode;
  kind: string;
  slots: Slots;
}) {
  const { t } = useTranslation();
  return (
    <Frame aria-label={t('page.sale')} data-state={kind}>
      <Box sx={{ height: 20 }}>{status}</Box>
      <Top>{slots.top}</Top>
      <Meter>{slots.meter}</Meter>
      <Line className="tabular">{slots.line}</Line>
      <Action>{slots.action}</Action>
      <Note className="tabular">{slots.note}</Note>
    </Frame>
  );
}

const oneLine = {
  whiteSpace: 'nowrap',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  '@container (max-width: 300px)': { fontSize: 13, letterSpacing: '-0.01em' },
} as const;

/** As large as the buy button whose place it takes, and as quiet as can be. */
export const Plate = styled('p')(({ theme }) => ({
  ...theme.typography.body2,
  height: 64,
  margin: 0,
  paddingInline: 16,
  display: 'grid',
  placeItems: 'center',
  textAlign: 'center',
  textWrap: 'balance',
  border: `1px solid ${theme.vars.palette.divider}`,
  borderRadius: 14,
  color: theme.vars.palette.text.secondary,
}));

const Frame = styled('section')(({ theme }) => ({
  containerType: 'inline-size',
  padding: '14px 20px calc(12px + env(safe-area-inset-bottom))',
  backgroundColor: theme.vars.palette.background.paper,
  borderBlockStart: `1px solid ${theme.vars.palette.divider}`,
  [theme.breakpoints.up('md')]: {
    padding: '24px 28px 22px',
    border: `1px solid ${theme.vars.palette.divider}`,
    borderRadius: 14,
  },
}));

const Top = styled('div')(({ theme }) => ({
  height: 88,
  display: 'flex',
  flexDirection: 'column',
  justifyContent: 'flex-end',
  overflow: 'hidden',
  [theme.breakpoints.up('md')]: { height: 132 },
}));

const Meter = styled('div')(({ theme }) => ({
  height: 6,
  marginBlockStart: 14,
  [theme.breakpoints.up('md')]: { marginBlockStart: 18 },
}));

const Action = styled('div')(({ theme }) => ({
  height: 64,
  marginBlockStart: 14,
  [theme.breakpoints.up('md')]: { marginBlockStart: 22 },
}));

const Line = styled('p')(({ theme }) => ({
  ...theme.typography.body2,
  ...oneLine,
  height: 20,
  margin: '8px 0 0',
  color: theme.vars.palette.text.secondary,
  [theme.breakpoints.up('md')]: {
    height: 24,
    fontSize: 16,
    lineHeight: '24px',
    marginBlockStart: 12,
  },
}));

const Note = styled('p')(({ theme }) => ({
  ...theme.typography.body2,
  ...oneLine,
  height: 20,
  margin: '8px 0 0',
  textAlign: 'center',
  color: theme.vars.palette.text.secondary,
  [theme.breakpoints.up('md')]: { marginBlockStart: 12 },
}));
