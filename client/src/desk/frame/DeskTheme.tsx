import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { ThemeProvider } from '@mui/material/styles';
import rtlPlugin from '@mui/stylis-plugin-rtl';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { theme } from '../../shared/ui/theme';

const caches = {
  ltr: createCache({ key: 'desk' }),
  rtl: createCache({ key: 'desk-rtl', stylisPlugins: [rtlPlugin] }),
};

/** Material UI in the house's clothes, facing the way that the language is read. */
export function DeskTheme({ children }: { children: ReactNode }) {
  const { direction } = useTranslation();
  const facing = useMemo(() => ({ ...theme, direction }), [direction]);
  return (
    <CacheProvider value={caches[direction]}>
      <ThemeProvider theme={facing}>{children}</ThemeProvider>
    </CacheProvider>
  );
}
