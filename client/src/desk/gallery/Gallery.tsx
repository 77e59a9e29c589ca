import { ApolloProvider } from '@apollo/client/react';
import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { type ReactNode, useState } from 'react';
import { SessionContext, Session } from '../../features/session/session';
import type { DeskSaleFragment } from '../../gql/graphql';
import { ReportView } from '../afterwards/ReportView';
import { Controls } from '../controls/Controls';
import { WishDialog } from '../controls/WishDialog';
import { SignIn } from '../frame/SignIn';
import { LiveView } from '../live/LiveView';
import type { Result } from '../sale/useSaleChange';
import { SaleHead } from '../sale/SaleHead';
import { someActivity, someChanges, somePoints, someSale } from './fixtures';

/** Nothing here reaches a server. */
const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.empty() });
const session = new Session({ get: () => null, set: () => undefined, remove: () => undefined });

const phases: Record<string, Partial<DeskSaleFragment>> = {
  active: {},
  'last tenth': { sold: 19_400, remaining: 600 },
  'sold out': { phase: 'SOLD_OUT', sold: 20_000, remaining: 0 },
  paused: { phase: 'PAUSED' },
  ended: { phase: 'ENDED' },
};

/** Every state of the desk, one below the other: `npm run dev`, then /desk/gallery. */
export default function Gallery() {
  const [now] = useState(() => Date.now());
  return (
    <SessionContext value={session}>
      <ApolloProvider client={client}>
        {Object.entries(phases).map(([name, change]) => (
          <State key={name} name={name}>
            <Live sale={someSale(now, change)} now={now} />
          </State>
        ))}
        <State name="upcoming, nothing heard yet">
          <Live
            sale={someSale(now, { phase: 'UPCOMING', sold: 0, remaining: 20_000 })}
            now={now}
            silent
          />
        </State>
        <State name="report">
          <ReportView
            sale={someSale(now)}
            changes={someChanges(now)}
            changeCount={23}
            points={somePoints(now)}
          />
        </State>
        <State name="sign in">
          <SignIn />
        </State>
        <Wishes now={now} />
      </ApolloProvider>
    </SessionContext>
  );
}

function Live({
  sale,
  now,
  silent = false,
}: {
  sale: DeskSaleFragment;
  now: number;
  silent?: boolean;
}) {
  const changes = silent ? [] : someChanges(now);
  return (
    <>
      <SaleHead sale={sale} changes={changes} />
      <LiveView
        sale={sale}
        changes={changes}
        changeCount={changes.length}
        points={silent ? [] : somePoints(now, sale.sold)}
        activity={silent ? null : someActivity(now)}
        peak={silent ? 0 : 940}
        slowest={silent ? null : 18.4}
        controls={<Controls sale={sale} changes={changes} refetch={() => undefined} />}
      />
    </>
  );
}

const results: Record<string, Result> = {
  conflict: { kind: 'conflict' },
  away: { kind: 'away' },
  'the sale is over': { kind: 'wrong', fields: { saleId: '' } },
};

/** Dialogs cover the page: one at a time. */
function Wishes({ now }: { now: number }) {
  const [open, setOpen] = useState<string | null>(null);
  const result = open === null ? undefined : results[open];
  return (
    <State name="answers to a wish">
      {Object.keys(results).map((name) => (
        <button key={name} type="button" onClick={() => setOpen(name)}>
          {name}
        </button>
      ))}
      {result && (
        <WishDialog
          title="Title"
          action="Do it"
          changes={someChanges(now)}
          seenChange={416}
          result={result}
          busy={false}
          onDo={() => undefined}
          onClose={() => setOpen(null)}
        >
          <p>What will happen.</p>
        </WishDialog>
      )}
    </State>
  );
}

function State({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="page">
      <p className="quiet">{name}</p>
      {children}
    </section>
  );
}
