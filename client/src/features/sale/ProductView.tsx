import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { graphql } from '../../gql';
import type { ProductViewFragment } from '../../gql/graphql';
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

/** The picture; a quiet surface while there is none to show. */
export function ProductPicture({ product }: { product: ProductViewFragment | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  const url = product?.imageUrl;
  return (
    <Box className="picture" sx={pictureFrame}>
      {product && url && url !== broken ? (
        <img
          src={url}
          alt={product.name}
          width={800}
          height={800}
          decoding="async"
          onError={() => setBroken(url)}
        />
      ) : (
        <Placeholder />
      )}
    </Box>
  );
}

/** Three rings: something round is about to be here. */
function Placeholder() {
  return (
    <Box component="svg" viewBox="0 0 100 100" aria-hidden sx={{ color: 'divider', width: '32%' }}>
      {[12, 24, 36].map((radius) => (
        <circle key={radius} cx="50" cy="50" r={radius} fill="none" stroke="currentColor" />
      ))}
    </Box>
  );
}

export function ProductTitle({ product }: { product: ProductViewFragment }) {
  const format = useFormat();
  const { name, description, price } = product;
  return (
    <Box>
      <Typography variant="h1">
        <bdi>{name}</bdi>
      </Typography>
      {price && (
        <Typography variant="h2" component="p" className="tabular" sx={{ mt: { xs: 0.5, md: 1 } }}>
          {format.money(price.amount, price.currencyCode)}
        </Typography>
      )}
      {description && (
        <Typography
          className="description"
          sx={{ mt: { xs: 1.5, md: 2 }, color: 'text.secondary', maxWidth: '44ch' }}
        >
          <bdi>{description}</bdi>
        </Typography>
      )}
    </Box>
  );
}

const pictureFrame = {
  display: 'grid',
  placeItems: 'center',
  overflow: 'hidden',
  borderRadius: '14px',
  backgroundColor: 'action.hover',
  '& img': { display: 'block', width: '100%', height: '100%', objectFit: 'cover' },
} as const;
