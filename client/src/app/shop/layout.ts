import { css } from '@mui/material/styles';

/** The truth block's height on a phone: rows, margins and paddings of `TruthBox`. */
const TRUTH = 'calc(302px + env(safe-area-inset-bottom))';
const HEADER = '56px';

/**
 * Phone: picture, name and price, then the truth block within thumb's reach. Desktop: picture left, seven
 * of twelve. A phone on its side: picture and block side
 * by side. Where the window is too low for a fixed block, it stands in the column like all else.
 */
export const layout = css`
  .header {
    height: ${HEADER};
    padding-inline: 20px 12px;
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .shop {
    padding-inline: 20px;
  }
  .picture {
    inline-size: 100%;
    block-size: clamp(96px, calc(100svh - ${HEADER} - ${TRUTH} - 172px), 100vw - 40px);
  }
  .about {
    padding-block: 16px;
    min-block-size: 92px;
  }
  .description {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
  }
  .truth {
    margin-inline: -20px;
  }
  @media (max-width: 899.9px) and (max-height: 739.9px) {
    .picture {
      block-size: clamp(96px, calc(100svh - ${HEADER} - ${TRUTH} - 108px), 100vw - 40px);
    }
    .description {
      display: none;
    }
  }
  @media (max-width: 599.9px) and (min-height: 480px),
    (max-width: 899.9px) and (min-height: 560px) {
    .shop {
      padding-block-end: ${TRUTH};
    }
    .truth {
      position: fixed;
      inset-inline: 0;
      inset-block-end: 0;
      margin: 0;
    }
  }
  @media (min-width: 600px) and (max-width: 899.9px) and (max-height: 559.9px) {
    .shop {
      display: grid;
      grid-template-columns: 5fr 7fr;
      grid-template-rows: 1fr auto;
    }
    .picture {
      block-size: calc(100svh - ${HEADER} - 124px);
    }
    .truth {
      grid-area: 1 / 2 / -1 / 2;
      margin-inline: 0 -20px;
    }
  }
  @media (min-width: 900px) {
    .header,
    .shop {
      max-inline-size: 1240px;
      margin-inline: auto;
      padding-inline: 40px;
    }
    .header {
      height: 72px;
    }
    .shop {
      display: grid;
      grid-template-columns: 7fr 5fr;
      grid-template-rows: 1fr auto;
      column-gap: 56px;
      padding-block-end: 40px;
      min-block-size: min(calc(100svh - 72px), 800px);
    }
    .picture {
      grid-row: 1 / -1;
      block-size: 100%;
      min-block-size: 480px;
    }
    .about {
      padding-block: 24px;
    }
    .about h1 {
      font-size: 40px;
    }
    .truth {
      margin: 0;
    }
  }
`;
