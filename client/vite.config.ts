import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Built apart (`vite build --mode desk`), so that what the shopper loads is not divided by what the desk shares. */
const pages = {
  desk: { desk: page('desk.html') },
  others: { shop: page('index.html'), playground: page('playground.html') },
};

export default defineConfig(({ mode }) => ({
  plugins: [react(), documentsByName(), ownPages(), noInlineFonts()],
  // rxjs offers what browsers of today need only under this name.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  server: {
    fs: { allow: ['.', '../graph'] }, // tests read the schema
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:8080', ws: true },
      '/sales/': 'http://127.0.0.1:8080',
    },
  },
  build: {
    // The Content-Security-Policy knows 'self' only: no data: addresses, no inline polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: mode !== 'desk',
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // GraphiQL's files say "use no memo", which means nothing to a bundler.
      checks: { moduleLevelDirective: false },
      input: pages[mode === 'desk' ? 'desk' : 'others'],
    },
  },
  worker: { format: 'es' },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://shop.test/' } },
    globals: true,
    include: ['src/**/*.test.{ts,tsx}'],
    css: { include: [/base\.css/] }, // `theme.test.ts` reads it
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
}));

/** In development the playground and the desk have the addresses that the server gives them. */
function ownPages(): Plugin {
  return {
    name: 'own-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.url === '/playground') request.url = '/playground.html';
        if (/^\/desk(\/|\?|$)/.test(request.url ?? '')) request.url = '/desk.html';
        next();
      });
    },
  };
}

/** GraphiQL's style sheet carries its fonts as data: addresses, which the Content-Security-Policy refuses. */
function noInlineFonts(): Plugin {
  return {
    name: 'no-inline-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!/graphiql.*\.css/.test(id)) return null;
      return { code: code.replace(/@font-face\s*\{[^}]*url\(["']?data:[^}]*\}/g, ''), map: null };
    },
  };
}

/**
 * Replaces each graphql(`…`) by the document that codegen has made of it, as the preset's Babel plugin would. Else all
 * of them would hang on one table, and every page would carry the operations of all others.
 */
function documentsByName(): Plugin {
  return {
    name: 'documents-by-name',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/(?!gql\/).*\.tsx?$/.test(id) || !code.includes('graphql(`')) return null;
      const names = new Set<string>();
      const replaced = code.replace(/\bgraphql\(`([^`]+)`\)/g, (_, text: string) => {
        const [, kind, name] = /\b(fragment|query|mutation|subscription)\s+(\w+)/.exec(text) ?? [];
        if (!kind || !name) throw new Error(`an operation without a name in ${id}`);
        const document = `${name}${kind === 'fragment' ? 'FragmentDoc' : 'Document'}`;
        names.add(document);
        return document;
      });
      return {
        code: `import { ${[...names].join(', ')} } from '/src/gql/graphql';\n${replaced}`,
        map: null,
      };
    },
  };
}
