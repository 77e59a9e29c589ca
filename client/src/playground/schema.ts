import { buildSchema, type GraphQLSchema } from 'graphql';

const WITHIN_MS = 5000;

/**
 * The schema as the server writes it out: without introspection, production's default, the only way to it. Undefined where
 * it cannot be had, and GraphiQL asks by introspection.
 */
export async function fetchSchema(): Promise<GraphQLSchema | undefined> {
  try {
    const response = await fetch('/schema.graphql', { signal: AbortSignal.timeout(WITHIN_MS) });
    return response.ok ? buildSchema(await response.text()) : undefined;
  } catch {
    return undefined;
  }
}
