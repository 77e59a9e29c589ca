import type { ReactNode } from 'react';

/**
 * A translated sentence in which `<n>…</n>` marks the number that matters: the translator decides where
 * it stands.
 */
export function Rich({ text, n }: { text: string; n: (number: string) => ReactNode }) {
  const [before, rest] = text.split('<n>');
  const [number, after] = rest?.split('</n>') ?? [];
  if (number === undefined) return text;
  return (
    <>
      {before}
      {n(number)}
      {after}
    </>
  );
}
