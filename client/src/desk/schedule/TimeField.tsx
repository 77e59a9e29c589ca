import TextField from '@mui/material/TextField';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { HALF } from './fields';

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string | undefined;
  problem?: string | undefined;
  disabled?: boolean;
}

/** A day and a time to the second, by what the browser has for it; `HALF` while only a part of it is typed. */
export function TimeField({ label, value, onChange, hint, problem, disabled = false }: Props) {
  const { t } = useTranslation('desk');
  const [leftHalf, setLeftHalf] = useState(false);
  // Also at a key and on leaving: from empty to half the browser's own value stays "", and that is no change to it.
  const look = ({ value: typed, validity }: Pick<HTMLInputElement, 'value' | 'validity'>) => {
    const now = validity.badInput ? HALF : typed;
    if (now !== value) onChange(now);
  };
  // Not while it is typed for the first time.
  const half = value === HALF && (leftHalf || problem !== undefined);
  const wrong = half ? t('schedule.half') : problem;
  return (
    <TextField
      type="datetime-local"
      label={label}
      value={value === HALF ? '' : value}
      onChange={(event) => look(event.target)}
      onBlur={(event) => {
        look(event.target);
        setLeftHalf(event.target.validity.badInput);
      }}
      error={wrong !== undefined}
      helperText={wrong ?? hint}
      disabled={disabled}
      fullWidth
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: {
          step: 1,
          onKeyUp: (event: KeyboardEvent<HTMLInputElement>) => look(event.currentTarget),
        },
      }}
    />
  );
}
