import { graphql } from '../../gql';

/** What an operator can do to a sale; each answers with the sale, or with what was wrong. */
export const DeskPayload = graphql(`
  fragment DeskPayload on SalePayload {
    sale {
      ...DeskSale
      changes(first: 200) {
        totalCount
        nodes {
          ...DeskChange
        }
      }
    }
    userErrors {
      field
      code
      message
    }
  }
`);

export const DeskSchedule = graphql(`
  mutation DeskSchedule($input: ScheduleSaleInput!) {
    payload: scheduleSale(input: $input) {
      ...DeskPayload
    }
  }
`);

export const DeskReschedule = graphql(`
  mutation DeskReschedule($input: RescheduleSaleInput!) {
    payload: rescheduleSale(input: $input) {
      ...DeskPayload
    }
  }
`);

export const DeskPause = graphql(`
  mutation DeskPause($input: SaleInput!) {
    payload: pauseSale(input: $input) {
      ...DeskPayload
    }
  }
`);

export const DeskResume = graphql(`
  mutation DeskResume($input: SaleInput!) {
    payload: resumeSale(input: $input) {
      ...DeskPayload
    }
  }
`);

export const DeskEnd = graphql(`
  mutation DeskEnd($input: SaleInput!) {
    payload: endSale(input: $input) {
      ...DeskPayload
    }
  }
`);

export const DeskRestock = graphql(`
  mutation DeskRestock($input: RestockSaleInput!) {
    payload: restockSale(input: $input) {
      ...DeskPayload
    }
  }
`);
