/** What an integrator asks first, in the order in which they ask it. */
export interface SavedOperation {
  name: string;
  about: string;
  needs?: 'shopper' | 'operator';
  query: string;
  variables?: string;
}

/** Stands where the id of the current sale belongs; the rail puts it in. */
export const SALE_ID = 'the id that Status tells';

const inAMinute = () => new Date(Date.now() + 60_000).toISOString();

const variables = (value: unknown) => JSON.stringify(value, null, 2);

const SALE = `sale { id phase stock sold remaining revision }
    userErrors { field code message }`;

const onSale = (name: string, field: string) => `mutation ${name}($input: SaleInput!) {
  ${field}(input: $input) {
    ${SALE}
  }
}
`;

export const savedOperations: SavedOperation[] = [
  {
    name: 'Status',
    about: 'The current sale. Needs no token.',
    query: `query Status {
  saleStatus {
    id
    phase
    stock
    sold
    remaining
    revision
    startsAt
    endsAt
    serverTime
    product { sku name price { amount currencyCode } }
  }
}
`,
  },
  {
    name: 'Watch the stock',
    about: 'A subscription: as it stands, then each change.',
    query: `subscription WatchStock {
  stockChanged {
    id
    phase
    remaining
    stock
    revision
  }
}
`,
  },
  {
    name: 'List the sales',
    about: 'Page by page, the soonest to start first.',
    query: `query Sales($after: String) {
  sales(first: 10, after: $after) {
    nodes { id phase stock sold remaining startsAt endsAt product { name } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: variables({ after: null }),
  },
  {
    name: 'Look up an id',
    about: 'A sale, or a purchase that the owner of the token may read.',
    query: `query LookUp($id: ID!) {
  node(id: $id) {
    __typename
    id
    ... on Sale { phase remaining }
    ... on Purchase { ordinal purchasedAt }
  }
}
`,
    variables: variables({ id: SALE_ID }),
  },
  {
    name: 'Sign in (demo)',
    about: 'A token for a made-up shopper: it goes into the field above.',
    query: `mutation SignIn($name: String!) {
  signIn(name: $name) {
    token
    expiresAt
    viewer { id scopes }
  }
}
`,
    variables: variables({ name: 'Ada' }),
  },
  {
    name: 'Buy',
    about: 'One unit. The same key again returns the first outcome.',
    needs: 'shopper',
    query: `mutation Buy($input: PurchaseInput!) {
  purchase(input: $input) {
    __typename
    ... on PurchaseSuccess {
      replayed
      purchase { id ordinal purchasedAt }
    }
    ... on AlreadyPurchased {
      purchase { id ordinal purchasedAt }
    }
    ... on PurchaseError { code message retryable }
    ... on TryAgain { retryAfterMs }
  }
}
`,
    variables: variables({ input: { saleId: SALE_ID, idempotencyKey: 'my-first' } }),
  },
  {
    name: 'My purchases',
    about: 'What the owner of the token bought.',
    needs: 'shopper',
    query: `query MyPurchases {
  viewer {
    id
    scopes
    purchases(first: 10) {
      totalCount
      nodes { id ordinal purchasedAt sale { id } }
    }
  }
}
`,
  },
  {
    name: 'Schedule a sale',
    about: 'One product, a stock, a start. Opens in a minute.',
    needs: 'operator',
    query: `mutation Schedule($input: ScheduleSaleInput!) {
  scheduleSale(input: $input) {
    ${SALE}
  }
}
`,
    variables: variables({
      input: {
        product: {
          sku: 'AURORA-1',
          name: 'Aurora lamp',
          imageUrl: '/demo/aurora-lamp.svg',
          price: { amount: '49.90', currencyCode: 'EUR' },
        },
        stock: 100,
        startsAt: inAMinute(),
      },
    }),
  },
  {
    name: 'Reschedule',
    about: 'Another time. One that has opened keeps its start.',
    needs: 'operator',
    query: `mutation Reschedule($input: RescheduleSaleInput!) {
  rescheduleSale(input: $input) {
    ${SALE}
  }
}
`,
    variables: variables({ input: { saleId: SALE_ID, startsAt: inAMinute(), endsAt: null } }),
  },
  {
    name: 'Restock',
    about: 'Adds units. A sale that was sold out is active again.',
    needs: 'operator',
    query: `mutation Restock($input: RestockSaleInput!) {
  restockSale(input: $input) {
    ${SALE}
  }
}
`,
    variables: variables({ input: { saleId: SALE_ID, add: 10 } }),
  },
  {
    name: 'Pause',
    about: 'Holds the sale; nothing is lost.',
    needs: 'operator',
    query: onSale('Pause', 'pauseSale'),
    variables: variables({ input: { saleId: SALE_ID } }),
  },
  {
    name: 'Resume',
    about: 'Goes on where it was paused.',
    needs: 'operator',
    query: onSale('Resume', 'resumeSale'),
    variables: variables({ input: { saleId: SALE_ID } }),
  },
  {
    name: 'End',
    about: 'Ends the sale for good.',
    needs: 'operator',
    query: onSale('End', 'endSale'),
    variables: variables({ input: { saleId: SALE_ID } }),
  },
  {
    name: 'Watch the servers',
    about: 'A subscription: what goes on, second by second, on each.',
    needs: 'operator',
    query: `subscription WatchServers($saleId: ID!) {
  saleActivity(saleId: $saleId) {
    at
    total { purchasesPerSecond subscribers refusals { code perSecond } answerP99Ms }
    replicas { name self silent figures { purchasesPerSecond subscribers } }
  }
}
`,
    variables: variables({ saleId: SALE_ID }),
  },
];
