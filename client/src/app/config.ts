import type { SaleStatusQuery } from '../gql/graphql';
import { isDemo, readBoot } from '../shared/boot/boot';

/** What the server says to the page, once, in the page itself. */
export interface Config {
  /** Shoppers sign in by a name of their choice. */
  readonly demoSignIn: boolean;
  /** Where they sign in elsewhere; null when the shop has not said. */
  readonly signInUrl: string | null;
  /** The answer to the page's first question, as it was when the page was made; null when there was none. */
  readonly first: SaleStatusQuery | null;
}

/** Whatever it does not understand is off. */
export function readConfig(page: Document): Config {
  const boot = readBoot(page);
  return {
    demoSignIn: isDemo(boot),
    signInUrl: typeof boot.signInUrl === 'string' ? boot.signInUrl : null,
    first: isFirst(boot.first) ? boot.first : null,
  };
}

/** The server made it by the page's own query; only what an older page in a newer shop could meet is checked. */
function isFirst(value: unknown): value is SaleStatusQuery {
  return typeof value === 'object' && value !== null && 'saleStatus' in value && 'viewer' in value;
}

/**
 * When this page was asked for and when it began to arrive, in milliseconds since the epoch by the monotonic clock;
 * null when it did not come from the server just now: then what stands in it may be old.
 */
export function pageExchange(): { sentAt: number; receivedAt: number } | null {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (!entry || entry.type === 'back_forward' || entry.transferSize === 0) return null;
  const { timeOrigin } = performance;
  return { sentAt: timeOrigin + entry.requestStart, receivedAt: timeOrigin + entry.responseStart };
}
