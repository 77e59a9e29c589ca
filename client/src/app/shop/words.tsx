import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  children?: ReactNode;
  mark?: ReactNode;
}

/** A few words, and a sentence below them. */
export function Words({ title, children, mark }: Props) {
  return (
    <>
      {/* The focus may come here, from a button that is gone. */}
      <Typography variant="h1" component="h2" className="headline" tabIndex={-1}>
        {mark}
        {title}
      </Typography>
      {children && <Typography component="div">{children}</Typography>}
    </>
  );
}

/** A sentence alone. */
export function Sentence({ children, role }: { children: ReactNode; role?: 'status' }) {
  return (
    <Typography component="div" className="sentence" role={role}>
      {children}
    </Typography>
  );
}

/** Yours. */
export function Tick() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden>
      <circle cx="12" cy="12" r="12" fill="currentColor" />
      <path
        d="M6.8 12.4l3.5 3.5 7-7.4"
        fill="none"
        stroke="var(--paper)"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
