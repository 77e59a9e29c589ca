import { InMemoryCache } from '@apollo/client/cache';
import possibleTypes from '../gql/possible-types';

/** What the desk knows: a list that names a product only leaves the rest of it as it was. */
export const createDeskCache = () =>
  new InMemoryCache({
    possibleTypes: possibleTypes.possibleTypes,
    typePolicies: { Sale: { fields: { product: { merge: true } } } },
  });
