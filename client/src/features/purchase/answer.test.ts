import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { instant, live } from '../../testing/sales';
import { answerOf, answerOfError } from './answer';

const at = Date.parse('2026-11-22T18:00:00.000Z');
const notActive = (phase: 'UPCOMING' | 'PAUSED', opensIn: number) =>
  answerOf({
    __typename: 'SaleNotActive',
    sale: { ...live(phase), startsAt: instant(at + opensIn), serverTime: instant(at) },
  });

describe('what the server said', () => {
  it('too early by a moment is a moment to wait, not a refusal', () => {
    expect(notActive('UPCOMING', 800)).toEqual({ kind: 'early', retryAfterMs: 800 });
    expect(notActive('UPCOMING', 60_000)).toEqual({ kind: 'notActive' });
    expect(notActive('PAUSED', -800)).toEqual({ kind: 'notActive' });
  });

  it('an unknown refusal is a refusal', () => {
    const later = { __typename: 'AddedLater' } as unknown as Parameters<typeof answerOf>[0];
    expect(answerOf(later)).toEqual({ kind: 'rejected' });
  });
});

describe('what a failed request means', () => {
  const status = (code: number, headers: HeadersInit = {}) =>
    new ServerError('failed', {
      response: new Response(null, { status: code, headers }),
      bodyText: '',
    });
  const code = (name: string) =>
    new CombinedGraphQLErrors({ errors: [{ message: 'no', extensions: { code: name } }] });

  it.each([
    ['no network', new TypeError('failed to fetch'), { kind: 'unknown' }],
    ['no answer in time', new DOMException('late', 'TimeoutError'), { kind: 'unknown' }],
    ['401', status(401), { kind: 'signedOut' }],
    ['429', status(429, { 'Retry-After': '3' }), { kind: 'busy', retryAfterMs: 3000 }],
    ['503 without a time', status(503), { kind: 'busy', retryAfterMs: 2000 }],
    ['a proxy gave up: it may have gone through', status(504), { kind: 'unknown' }],
    ['413', status(413), { kind: 'rejected' }],
    ['UNAUTHENTICATED', code('UNAUTHENTICATED'), { kind: 'signedOut' }],
    ['FORBIDDEN', code('FORBIDDEN'), { kind: 'rejected' }],
    ['INTERNAL: it may have gone through', code('INTERNAL'), { kind: 'unknown' }],
  ])('%s', (_name, error, answer) => {
    expect(answerOfError(error)).toEqual(answer);
  });
});
