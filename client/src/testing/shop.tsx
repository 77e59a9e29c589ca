import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { graphql, HttpResponse } from 'msw';
import { App } from '../app/App';
import { createServices, type Services } from '../app/services';
import type { BuyMutation, SaleStatusQuery } from '../gql/graphql';
import { Line } from './line';
import type { SaleView } from './sales';
import { server } from './server';

const open: Services[] = [];

export async function closeShops(): Promise<void> {
  await Promise.all(open.splice(0).map((services) => services.close()));
}

interface Arrange {
  sale: SaleView | null;
  /** The shopper whose token the browser keeps; none: signed out. */
  shopper?: string;
  demoSignIn?: boolean;
  signInUrl?: string;
  /** What the server has written into the page. */
  first?: SaleStatusQuery;
  /** What becomes of the first questions about the sale. */
  troubles?: Troubles;
}

type Troubles = (() => Response | Promise<Response>)[];

type Bought = BuyMutation['purchase'];
/** One answer to a purchase: a result, or the failure of the request. */
export type PurchaseAnswer = Bought | (() => Response);

/** The whole page against a network of which the test holds the other end. */
export function openShop({
  sale,
  shopper,
  demoSignIn = true,
  signInUrl,
  first,
  troubles = [],
}: Arrange) {
  const line = new Line();
  const shop = {
    /** What the server would say now; change it and the next query tells. */
    sale,
    line,
    /** The keys of the purchases asked for, in order. */
    keys: [] as string[],
    /** The answers to come; the last one stays. */
    answers: [] as PurchaseAnswer[],
    /** What becomes of the next questions about the sale instead of an answer, in order. */
    troubles,
    user: userEvent.setup(),
    queries: 0,
  };
  if (shopper) localStorage.setItem('stampede.token', shopper);
  server.use(line.handler, ...handlers(shop));
  const config = { demoSignIn, signInUrl: signInUrl ?? null, first: first ?? null };
  const services = createServices(config.first, {
    sentAt: Date.now() - 20,
    receivedAt: Date.now(),
  });
  open.push(services);
  render(<App services={services} config={config} />);
  return { ...shop, shop, services };
}

export type Shop = ReturnType<typeof openShop>['shop'];

const bearer = (request: Request) => request.headers.get('Authorization')?.slice('Bearer '.length);

function handlers(shop: {
  sale: SaleView | null;
  keys: string[];
  answers: PurchaseAnswer[];
  troubles: Troubles;
  queries: number;
}) {
  return [
    graphql.query('SaleStatus', ({ request }) => {
      shop.queries++;
      const trouble = shop.troubles.shift();
      if (trouble) return trouble();
      const id = bearer(request);
      const viewer = id ? { __typename: 'Viewer' as const, id } : null;
      return HttpResponse.json({ data: { saleStatus: shop.sale, viewer } });
    }),
    graphql.query('ServerTime', () =>
      HttpResponse.json({ data: { saleStatus: shop.sale && timeOf(shop.sale) } }),
    ),
    graphql.mutation('SignIn', ({ variables }) => {
      const token: unknown = variables.name;
      return HttpResponse.json({ data: { signIn: { __typename: 'SignInPayload', token } } });
    }),
    graphql.mutation('Buy', ({ variables }) => {
      const input = variables.input as { idempotencyKey: string };
      shop.keys.push(input.idempotencyKey);
      const answer = shop.answers.length > 1 ? shop.answers.shift() : shop.answers[0];
      if (answer === undefined) throw new Error('the test arranged no answer to a purchase');
      if (typeof answer === 'function') return answer();
      return HttpResponse.json({ data: { purchase: answer } });
    }),
  ];
}

const timeOf = ({ id, serverTime }: SaleView) => ({ __typename: 'Sale', id, serverTime });

/** The truth block, once it says `kind`. */
export async function truth(kind: string): Promise<HTMLElement> {
  const block = () => screen.getByRole('region', { name: 'The sale' });
  await waitFor(() => expect(block().getAttribute('data-state')).toBe(kind));
  return block();
}

/** Time stands still in the page until the returned function is called: what is about to happen waits to be seen. */
export function holdTime(): () => void {
  const held = performance.now();
  const spy = vi.spyOn(performance, 'now').mockReturnValue(held);
  return () => spy.mockRestore();
}

export const watched = (line: Line) => waitFor(() => expect(line.subscribers).toBe(1));
