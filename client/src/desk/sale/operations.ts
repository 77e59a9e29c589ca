import { graphql } from '../../gql';

/** What every part of the desk shows of a sale. */
export const DeskSale = graphql(`
  fragment DeskSale on Sale {
    id
    phase
    stock
    sold
    remaining
    revision
    startsAt
    endsAt
    serverTime
    product {
      sku
      name
      imageUrl
      price {
        amount
        currencyCode
      }
    }
  }
`);

export const DeskChange = graphql(`
  fragment DeskChange on SaleChange {
    id
    kind
    changedBy
    changedAt
    revision
    stock
    sold
    startsAt
    endsAt
  }
`);

export const DeskFigures = graphql(`
  fragment DeskFigures on ActivityFigures {
    purchasesPerSecond
    refusals {
      code
      perSecond
    }
    subscribers
    batchSize
    commitP50Ms
    commitP99Ms
    answerP99Ms
    retries {
      sqlstate
      count
    }
    inFlight
    queued
  }
`);

export const DeskActivity = graphql(`
  fragment DeskActivity on SaleActivity {
    at
    total {
      ...DeskFigures
    }
    replicas {
      id
      name
      self
      silent
      heardAt
      figures {
        ...DeskFigures
      }
    }
  }
`);

/** Who signs in with this token, and may they? Asked with the token to be tried, before it is kept. */
export const DeskViewer = graphql(`
  query DeskViewer {
    viewer {
      id
      scopes
    }
  }
`);

/** What is told of a sale to choose it by. */
export const DeskChoice = graphql(`
  fragment DeskChoice on Sale {
    id
    phase
    startsAt
    product {
      name
    }
  }
`);

/** The sales to choose from, page by page, and the one that visitors see. */
export const DeskSales = graphql(`
  query DeskSales($after: String) {
    viewer {
      id
    }
    saleStatus {
      id
    }
    sales(first: 1000, after: $after) {
      nodes {
        ...DeskChoice
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** One sale with what was done to it. */
export const DeskSaleById = graphql(`
  query DeskSaleById($id: ID!) {
    saleStatus(saleId: $id) {
      ...DeskSale
      changes(first: 200) {
        totalCount
        nodes {
          ...DeskChange
        }
      }
    }
  }
`);

/** How a sale went until now. */
export const DeskCourse = graphql(`
  query DeskCourse($id: ID!, $points: Int!) {
    saleStatus(saleId: $id) {
      id
      soldAt(points: $points) {
        sold
        at
      }
    }
  }
`);

export const DeskStockChanged = graphql(`
  subscription DeskStockChanged($id: ID!) {
    stockChanged(saleId: $id) {
      ...DeskSale
    }
  }
`);

export const DeskSaleActivity = graphql(`
  subscription DeskSaleActivity($id: ID!) {
    saleActivity(saleId: $id) {
      ...DeskActivity
    }
  }
`);

export const DeskPurchases = graphql(`
  query DeskPurchases($id: ID!, $first: Int!, $after: String, $filter: PurchaseFilter) {
    saleStatus(saleId: $id) {
      id
      purchases(first: $first, after: $after, filter: $filter) {
        totalCount
        nodes {
          id
          ordinal
          shopperId
          purchasedAt
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
