import { useMutation } from '@apollo/client/react';
import { type Dispatch, useEffect, useMemo, useReducer, useRef } from 'react';
import { graphql } from '../../gql';
import { useConnection } from '../../shared/connection/connection';
import { keep } from '../../shared/storage/storage';
import { onReturn } from '../../shared/time/wait';
import { answerOf, answerOfError } from './answer';
import { idle, type PurchaseEvent, type PurchaseState, reduce } from './machine';
import { type Wishes, wishesOf } from './wish';

export const Buy = graphql(`
  mutation Buy($input: PurchaseInput!) {
    purchase(input: $input) {
      ... on PurchaseSuccess {
        purchase {
          ...Receipt
          sale {
            ...SaleLive
          }
        }
      }
      ... on AlreadyPurchased {
        purchase {
          ...Receipt
          sale {
            ...SaleLive
          }
        }
      }
      ... on SoldOut {
        sale {
          ...SaleLive
        }
      }
      ... on SaleNotActive {
        sale {
          ...SaleLive
        }
      }
      ... on TryAgain {
        code
        retryAfterMs
      }
    }
  }
`);

interface Props {
  saleId: string;
  shopperId: string | null;
  /** The server already tells of a purchase of this shopper in this sale. */
  known: boolean;
  /** The token was refused in the middle. */
  onSignedOut: () => void;
  /** The purchase was refused by somebody who cannot know what became of it: the sale's status may tell. */
  onDoubt: () => Promise<void>;
}

/** One shopper's wish to buy one unit: asked until the truth is known, with one key. */
export function usePurchase({ saleId, shopperId, known, onSignedOut, onDoubt }: Props): {
  state: PurchaseState;
  buy: () => void;
} {
  const [state, dispatch] = useReducer(reduce, idle);
  const wishes = useMemo(
    () => (shopperId === null ? null : wishesOf(keep, saleId, shopperId)),
    [saleId, shopperId],
  );
  const ask = useAsk(saleId);
  const asked = useRef<PurchaseState>(null);

  useEffect(() => {
    // A state is asked for once, however often its effect runs.
    if (state.step !== 'asking' || asked.current === state) return;
    asked.current = state;
    void ask(state.key).then((answer) => {
      if (answer.kind === 'rejected' && state.unsure) void onDoubt();
      dispatch({ type: 'answered', answer, chance: Math.random() });
    });
  }, [state, ask, onDoubt]);

  useWait(state, dispatch);

  useEffect(() => {
    const key = wishes?.pending();
    if (known) dispatch({ type: 'found' });
    else if (key) dispatch({ type: 'resume', key });
  }, [known, wishes]);

  useSettle(state, wishes, onSignedOut);

  const buy = () => {
    if (wishes) dispatch({ type: 'buy', key: wishes.begin() });
  };
  return { state, buy };
}

/** Waits as long as it takes; a wait of our own ends when the network, the shopper or the live line is back. */
function useWait(state: PurchaseState, dispatch: Dispatch<PurchaseEvent>): void {
  useEffect(() => {
    if (state.step !== 'waiting') return;
    const timer = setTimeout(() => dispatch({ type: 'timeUp' }), state.delayMs);
    const stop = onReturn(() => dispatch({ type: 'back' }));
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [state, dispatch]);
  const { lives } = useConnection();
  useEffect(() => dispatch({ type: 'back' }), [lives, dispatch]);
}

function useAsk(saleId: string) {
  const [mutate] = useMutation(Buy);
  const latest = useRef(mutate);
  useEffect(() => {
    latest.current = mutate;
  }, [mutate]);
  return useMemo(
    () => async (idempotencyKey: string) => {
      try {
        const { data } = await latest.current({
          variables: { input: { saleId, idempotencyKey } },
        });
        return data ? answerOf(data.purchase) : ({ kind: 'unknown' } as const);
      } catch (error) {
        return answerOfError(error);
      }
    },
    [saleId],
  );
}

/** A definite answer ends the wish. Signed out in the middle is none: its key waits for the shopper. */
function useSettle(state: PurchaseState, wishes: Wishes | null, onSignedOut: () => void): void {
  const signedOut = useRef(onSignedOut);
  useEffect(() => {
    signedOut.current = onSignedOut;
  }, [onSignedOut]);
  useEffect(() => {
    if (state.step === 'refused' && state.why === 'signedOut') signedOut.current();
    else if (state.step === 'bought' || state.step === 'refused') wishes?.settle();
  }, [state, wishes]);
}
