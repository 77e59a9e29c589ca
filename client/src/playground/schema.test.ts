import { http, HttpResponse } from 'msw';
import sdl from '../../../graph/schema.graphqls?raw';
import { server } from '../testing/server';
import { fetchSchema } from './schema';

const answers = (answer: () => Response) => server.use(http.get('/schema.graphql', answer));

it('is what the server writes out', async () => {
  answers(() => HttpResponse.text(sdl));
  const schema = await fetchSchema();
  expect(schema?.getQueryType()?.getFields()).toHaveProperty('saleStatus');
});

it('is left to introspection where it cannot be had, or is none', async () => {
  answers(() => new HttpResponse(null, { status: 404 }));
  expect(await fetchSchema()).toBeUndefined();
  answers(() => HttpResponse.text('<!doctype html>'));
  expect(await fetchSchema()).toBeUndefined();
  answers(() => HttpResponse.error());
  expect(await fetchSchema()).toBeUndefined();
});
