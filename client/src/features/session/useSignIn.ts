import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../gql';
import { useSession } from './session';

const SignIn = graphql(`
  mutation SignIn($name: String!) {
    signIn(name: $name) {
      token
    }
  }
`);

/** `name`: the server does not take this name. `away`: it could not answer, for whatever other reason. */
export type SignInProblem = 'name' | 'away';

/** Demo sign-in: the same name is the same shopper. */
export function useSignIn() {
  const { session } = useSession();
  const [problem, setProblem] = useState<SignInProblem | null>(null);
  const [run, { loading }] = useMutation(SignIn, { fetchPolicy: 'no-cache' });

  const signIn = async (name: string): Promise<void> => {
    setProblem(null);
    try {
      const { data } = await run({ variables: { name } });
      if (data) session.signIn(data.signIn.token, name);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };

  return { signIn, loading, problem };
}

/** The name is all that the shopper gives. Whatever else went wrong is not theirs to mend. */
function problemOf(error: unknown): SignInProblem {
  const ofInput =
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.code === 'BAD_USER_INPUT');
  return ofInput ? 'name' : 'away';
}
