import { ApolloLink } from '@apollo/client';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import { concat, defer, NEVER, type Observable, of, throwError } from 'rxjs';

/** What a canned server says to one question: an answer, errors, no answer at all, or a line that breaks. */
export type Answer = Record<string, unknown> | GraphQLFormattedError[] | 'never' | 'lost';

/** By the operation's name; what stands after the first of several is said later, by a subscription. */
export type Answers = Record<string, Answer | ((variables: Variables) => Answer)>;

type Variables = Record<string, unknown>;

/** Stands in for the server in the gallery: says what a state needs, and nothing else. A subscription stays open. */
export function cannedLink(answers: Answers): ApolloLink {
  return new ApolloLink(({ operationName = '', operationType, variables }) =>
    defer((): Observable<ApolloLink.Result> => {
      const said = answers[operationName];
      if (said === undefined)
        return throwError(() => new Error(`nothing to say to ${operationName}`));
      const answer = typeof said === 'function' ? said(variables) : said;
      if (answer === 'never') return NEVER;
      if (answer === 'lost') return throwError(() => new Error('the line broke'));
      if (Array.isArray(answer)) return of({ data: null, errors: answer });
      const once = of({ data: answer });
      return operationType === OperationTypeNode.SUBSCRIPTION ? concat(once, NEVER) : once;
    }),
  );
}
