import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { graphql } from '../../gql';
import type { ProductViewFragment } from '../../gql/graphql';
import { useConnection } from '../../shared/connection/connection';
import { useFormat } from '../../shared/format/useFormat';

export const ProductView = graphql(`
  fragment ProductView on Product {
    sku
    name
    description
    imageUrl
    price {
      amount
      currencyCode
    }
  }
`);

/** The picture; a quiet surface while there is none to show. One that did not arrive may with the line's next life. */
export function ProductPicture({ product }: { product: ProductViewFragment | null }) {
  const { lives } = useConnection();
  const [broken, setBroken] = useState<string | null>(null);
  const url = product?.imageUrl;
  const attempt = `${lives} ${url}`;
  return (
    <div className="picture">
      {product && url && attempt !== broken ? (
        <img src={url} alt={product.name} onError={() => setBroken(attempt)} />
      ) : (
        <Placeholder />
      )}
    </div>
  );
}

/** Three rings: something round is about to be here. */
function Placeholder() {
  return (
    <svg viewBox="0 0 100 100" aria-hidden>
      {[12, 24, 36].map((radius) => (
        <circle key={radius} cx="50" cy="50" r={radius} fill="none" stroke="currentColor" />
      ))}
    </svg>
  );
}

export function ProductTitle({ product }: { product: ProductViewFragment }) {
  const format = useFormat();
  const { name, description, price } = product;
  return (
    <>
      <Typography variant="h1">
        <bdi>{name}</bdi>
      </Typography>
      <Typography variant="h2" component="p" className="price tabular">
        {price && format.money(price.amount, price.currencyCode)}
      </Typography>
      {description && (
        <Typography color="textSecondary" className="description">
          <bdi>{description}</bdi>
        </Typography>
      )}
    </>
  );
}
