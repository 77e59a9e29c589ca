import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

/**
 * Takes the editors' colours along when the system changes between light and dark: GraphiQL looks at it only when its own
 * theme is set, to null for the system's.
 */
export function SystemTheme() {
  const { setTheme } = useGraphiQLActions();
  const followsSystem = useGraphiQL((state) => state.theme === null);
  useEffect(() => {
    if (!followsSystem) return;
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [followsSystem, setTheme]);
  return null;
}
