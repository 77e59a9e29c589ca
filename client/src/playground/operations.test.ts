import { buildSchema, parse, validate } from 'graphql';
import sdl from '../../../graph/schema.graphqls?raw';
import { savedOperations } from './operations';

const schema = buildSchema(sdl);

describe('the saved operations', () => {
  test.each(savedOperations)(
    '$name is one that the schema knows',
    ({ query, variables = '{}' }) => {
      expect(validate(schema, parse(query))).toEqual([]);
      expect(JSON.parse(variables)).toBeTypeOf('object');
    },
  );

  test('there is one for every task', () => {
    const all = savedOperations.map(({ query }) => query).join('\n');
    const tasks = ['saleStatus', 'stockChanged', 'purchase(', 'scheduleSale', 'restockSale'];
    for (const task of tasks) expect(all).toContain(task);
  });
});
