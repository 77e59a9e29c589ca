import { setupServer } from 'msw/node';

/** The network of the tests. What is not arranged is an error. */
export const server = setupServer();
