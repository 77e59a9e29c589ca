import { useRef, useState } from 'react';
import { useFirstWrong } from '../frame/useFirstWrong';
import { type ChangeDocument, type Result, useSaleChange } from '../sale/useSaleChange';
import type { DialogProps } from './Controls';

interface Seen {
  saleId: string | number;
  expectedChange?: number | null | undefined;
}

/**
 * One wish of an operator, from the dialog's first sight of the sale on: what another one does meanwhile is never
 * overwritten. Purchases in between do not matter.
 */
export function useWish<V extends { input: Seen }>(
  document: ChangeDocument<V>,
  { sale, changes, refetch, onClose }: DialogProps,
) {
  const [seen] = useState({ saleId: sale.id, expectedChange: changes[0]?.revision ?? 0 });
  const [result, setResult] = useState<Result | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const toFirstWrong = useFirstWrong(form);
  const ask = useSaleChange(document);
  const send = async (wish: Omit<V['input'], keyof Seen | 'expectedRevision'>) => {
    setBusy(true);
    const answer = await ask({ ...wish, ...seen });
    setBusy(false);
    if (answer.kind === 'done') onClose();
    else {
      setResult(answer);
      if (answer.kind === 'wrong') toFirstWrong();
      else refetch(); // what is true, and who did it
    }
  };
  return { send, form, busy, result, seenChange: seen.expectedChange };
}
