import { type Cache, InMemoryCache, type Reference } from '@apollo/client/cache';
import type { OperationVariables } from '@apollo/client';
import { graphql } from '../gql';
import type { BuyMutation } from '../gql/graphql';
import possibleTypes from '../gql/possible-types';

/** All that a page may keep about a sale while older news of it arrives. */
const KnownSale = graphql(`
  fragment KnownSale on Sale {
    ...SaleLive
  }
`);
const KnownPurchase = graphql(`
  fragment KnownPurchase on Sale {
    viewerPurchase {
      ...Receipt
    }
  }
`);

/**
 * The one place that decides what the page believes.
 *
 * News of a sale comes by four ways (query, subscription, the answers to a purchase, other tabs' sign-ins),
 * in any order. Two rules hold whatever the order:
 * - what is older than what is known, by `revision` and then by `serverTime`, changes nothing;
 * - a purchase is for good: an answer that was under way when it was made does not take it away.
 */
export class ShopCache extends InMemoryCache {
  constructor() {
    super({
      possibleTypes: possibleTypes.possibleTypes,
      typePolicies: { Sale: { fields: { product: { merge: true } } } },
    });
  }

  override write<TData = unknown, TVariables extends OperationVariables = OperationVariables>(
    options: Cache.WriteOptions<TData, TVariables>,
  ): Reference | undefined {
    const reference = super.write({ ...options, result: this.#keepNewest(options.result) });
    if (options.dataId === 'ROOT_MUTATION') this.#rememberPurchase(options.result);
    return reference;
  }

  /** The purchase just made, or found to be made before, belongs to its sale from now on. */
  #rememberPurchase(result: unknown): void {
    const answer = (result as Partial<BuyMutation>).purchase;
    if (answer?.__typename !== 'PurchaseSuccess' && answer?.__typename !== 'AlreadyPurchased')
      return;
    const id = this.identify(answer.purchase.sale);
    const purchase = this.identify(answer.purchase);
    if (id === undefined || purchase === undefined) return;
    this.modify({ id, fields: { viewerPurchase: () => ({ __ref: purchase }) } });
  }

  #keepNewest<T>(value: T): T {
    if (Array.isArray(value)) return value.map((item: unknown) => this.#keepNewest(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).map(([name, field]) => [
      name,
      this.#keepNewest(field as unknown),
    ]);
    const copy = Object.fromEntries(fields) as T & object;
    return isSale(copy) ? { ...copy, ...this.#newerThan(copy) } : copy;
  }

  /** The fields of `incoming` that are known better already. */
  #newerThan(incoming: IncomingSale): Partial<IncomingSale> {
    const id = this.identify({ __typename: 'Sale', id: incoming.id });
    if (id === undefined) return {};
    const better: Partial<IncomingSale> = {};
    const known = this.readFragment({ id, fragment: KnownSale, fragmentName: 'KnownSale' });
    if (known && isOlder(incoming, known)) {
      for (const [name, value] of Object.entries(known)) {
        if (name in incoming) Object.assign(better, { [name]: value });
      }
    }
    if (incoming.viewerPurchase === null) {
      const kept = this.readFragment({
        id,
        fragment: KnownPurchase,
        fragmentName: 'KnownPurchase',
      });
      if (kept?.viewerPurchase) better.viewerPurchase = kept.viewerPurchase;
    }
    return better;
  }
}

interface IncomingSale {
  id: string;
  revision?: number;
  serverTime?: string;
  viewerPurchase?: unknown;
}

function isSale(value: object): value is IncomingSale {
  return '__typename' in value && value.__typename === 'Sale' && 'id' in value;
}

type Age = Pick<IncomingSale, 'revision' | 'serverTime'>;

export function isOlder(incoming: Age, known: Age): boolean {
  if (incoming.revision === undefined || known.revision === undefined) return false;
  if (incoming.revision !== known.revision) return incoming.revision < known.revision;
  return Date.parse(incoming.serverTime ?? '') < Date.parse(known.serverTime ?? '');
}

/** Another shopper, or none: what the last one owned is not theirs. Stock and product stay. */
export function forgetViewer(cache: ShopCache): void {
  cache.modify({ fields: { viewer: () => null } });
  for (const [id, entity] of Object.entries(cache.extract())) {
    if (entity?.__typename !== 'Sale') continue;
    cache.modify({ id, fields: { viewerPurchase: () => null } });
  }
}
