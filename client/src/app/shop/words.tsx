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
      <h2 className="headline">
        {mark}
        {title}
      </h2>
      {children && <p>{children}</p>}
    </>
  );
}

/** A sentence alone. */
export function Sentence({ children, role }: { children: ReactNode; role?: 'status' }) {
  return (
    <p className="sentence" role={role}>
      {children}
    </p>
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
