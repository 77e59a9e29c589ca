import { ApolloLink } from '@apollo/client';

/** No question hangs for good. */
export function limitTime(ms: number): ApolloLink {
  return new ApolloLink((operation, forward) => {
    operation.setContext({ fetchOptions: { signal: AbortSignal.timeout(ms) } });
    return forward(operation);
  });
}
