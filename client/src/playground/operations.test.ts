import {
  buildSchema,
  type FieldNode,
  type GraphQLObjectType,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
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

  test('there is one for everything that can be asked of the server', () => {
    const info = new TypeInfo(schema);
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const asked = new Set<string>();
    const Field = ({ name }: FieldNode) => {
      const parent = info.getParentType();
      if (roots.includes(parent as GraphQLObjectType)) asked.add(name.value);
    };
    for (const { query } of savedOperations)
      visit(parse(query), visitWithTypeInfo(info, { Field }));
    const all = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}));
    expect([...asked].sort()).toEqual(all.sort());
  });
});
