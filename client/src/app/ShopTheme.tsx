import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { ThemeProvider } from '@mui/system';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from '../shared/i18n/i18n';
import { readyTheme } from './readyTheme';

/** Before the page's own sheet, which has the last word on sizes and places. */
const cache = createCache({ key: 'shop', prepend: true });

/**
 * Material UI in the house's clothes. The theme's variables stand in `theme.css` already, so the provider that would
 * write them, and switch them, is not needed.
 */
export function ShopTheme({ children }: { children: ReactNode }) {
  const { direction } = useTranslation();
  const facing = useMemo(() => ({ ...readyTheme, direction }), [direction]);
  return (
    <CacheProvider value={cache}>
      <ThemeProvider theme={facing}>{children}</ThemeProvider>
    </CacheProvider>
  );
}
