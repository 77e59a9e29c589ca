import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { type DocumentNode, Kind, print, visit } from 'graphql';
import { defaultClientConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { themeData } from './src/app/themeData.ts';
import { theme } from './src/shared/ui/theme.ts';

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The pages. `npm run build` makes each by itself (see `scripts/build.mjs`), so that none carries a piece of another. */
const parts: Record<string, string> = {
  shop: page('index.html'),
  playground: page('playground.html'),
  desk: page('desk.html'),
};
const part = process.env.PART ?? '';
/** Packages that do nothing when they are loaded, and do not say so: what is not used of them is left out. */
const PURE = /node_modules\/(hoist-non-react-statics|react-is)\//;

/**
 * Chrome compiles the functions of a script that begins so while it arrives, beside the page's own thread, and not one by
 * one when they are called (docs/adr/0011). https://v8.dev/blog/explicit-compile-hints
 */
const COMPILED_ON_ARRIVAL = '//# allFunctionsCalledOnLoad';

/**
 * The words of the shop come long before its script, and with them this: the first formatter, for which a phone reads its
 * tables for a tenth of a second, is made when the page is drawn and nothing else can be done yet.
 */
const FIRST_FORMATTER =
  'requestAnimationFrame(() => setTimeout(() => new Intl.NumberFormat().format(0)));';
const WORDS = /\/locales\/([\w-]+)\/([\w-]+)\.json$/;

export default defineConfig({
  plugins: [
    react(),
    documentsByName(),
    firstQuestion(),
    unscriptedWords(),
    themeSheet(),
    themeWorkedOut(),
    withoutUnneeded(),
    ownPages(),
    noInlineFonts(),
  ],
  // rxjs offers what browsers of today need only under this name.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  // All pages, so that no later visit finds something to prepare and begins anew.
  optimizeDeps: { entries: ['*.html'] },
  server: {
    fs: { allow: ['.', '../graph'] }, // tests read the schema
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:8080', ws: true },
      '/sales/': 'http://127.0.0.1:8080',
      '/schema.graphql': 'http://127.0.0.1:8080',
    },
  },
  build: {
    // The Content-Security-Policy knows 'self' only: no data: addresses, no inline polyfill.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    // Two hands for the page that has a budget: each finds what the other leaves, 1.6 KB gzipped.
    ...(part === 'shop' && {
      minify: 'terser',
      terserOptions: { module: true, compress: { passes: 3 } },
    }),
    emptyOutDir: part === '' || part === 'shop',
    rolldownOptions: {
      // GraphiQL's files say "use no memo", which means nothing to a bundler.
      checks: { moduleLevelDirective: false },
      treeshake: { moduleSideEffects: [{ test: PURE, sideEffects: false }] },
      input: parts[part] === undefined ? parts : { [part]: parts[part] },
      // A page's server finds the words of a language by this name.
      output: {
        ...(part === 'shop' && {
          minify: true,
          postBanner: COMPILED_ON_ARRIVAL,
          footer: ({ facadeModuleId }) => (WORDS.test(facadeModuleId ?? '') ? FIRST_FORMATTER : ''),
        }),
        chunkFileNames: ({ facadeModuleId }) => {
          const [, of, language] = WORDS.exec(facadeModuleId ?? '') ?? [];
          return of ? `assets/words-${of}-${language}-[hash].js` : 'assets/[name]-[hash].js';
        },
      },
    },
  },
  worker: { format: 'es' },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://shop.test/' } },
    globals: true,
    include: ['src/**/*.test.{ts,tsx}'],
    css: { include: [/\.css/] }, // `sheets.test.ts` reads them
    globalSetup: ['noon.ts'],
    setupFiles: ['src/testing/setup.ts'],
    testTimeout: 20_000, // several waits, each of which may take its four seconds on a busy machine
    restoreMocks: true,
    unstubGlobals: true,
  },
});

/** In development the pages have the addresses that the server gives them, and the gallery of states has one at all. */
function ownPages(): Plugin {
  return {
    name: 'own-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.url === '/playground') request.url = '/playground.html';
        if (/^\/gallery(\/|\?|$)/.test(request.url ?? '')) request.url = '/gallery.html';
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

/** The page's first question, for the server to answer in the page itself. */
function firstQuestion(): Plugin {
  return {
    name: 'first-question',
    apply: 'build',
    generateBundle() {
      if (part !== '' && part !== 'shop') return;
      const written = readFileSync(page('src/gql/graphql.ts'), 'utf8');
      const [, document] = /\bSaleStatusDocument = (\{.*\}) as /.exec(written) ?? [];
      if (!document) throw new Error('codegen wrote no query SaleStatus');
      const source = withTypenames(JSON.parse(document) as DocumentNode);
      this.emitFile({ type: 'asset', fileName: 'first.graphql', source });
    },
  };
}

/** What the page says while its script has not run, in all languages, for the server to write into it. */
function unscriptedWords(): Plugin {
  return {
    name: 'unscripted-words',
    apply: 'build',
    generateBundle() {
      if (part !== '' && part !== 'shop') return;
      const folder = page('src/locales/unscripted/');
      const words = Object.fromEntries(
        readdirSync(folder).map((file): [string, unknown] => [
          file.replace('.json', ''),
          JSON.parse(readFileSync(folder + file, 'utf8')),
        ]),
      );
      this.emitFile({ type: 'asset', fileName: 'unscripted.json', source: JSON.stringify(words) });
    },
  };
}

/** Apollo asks for `__typename` wherever it can: the answer in the page has to be as full. */
function withTypenames(question: DocumentNode): string {
  const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } } as const;
  const document = visit(question, {
    SelectionSet: (node, _key, parent) =>
      parent && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION
        ? undefined
        : { ...node, selections: [...node.selections, typename] },
  });
  return print(document).replace(/\s+/g, ' ');
}

/**
 * What no shopper needs of Material UI, and what stands in its place: a button's ripple and its spinner, which the theme
 * turns off for good, and the theme of parts that stand in none.
 */
function withoutUnneeded(): Plugin {
  const instead = new Map([
    ['ButtonBase/TouchRipple', 'export default () => null;'],
    ['CircularProgress/index', 'export default () => null;'],
    ['styles/defaultTheme', 'export default {};'],
  ]);
  const left = new Set(instead.keys());
  return {
    name: 'without-unneeded',
    apply: () => part === 'shop',
    enforce: 'pre',
    load(id) {
      const [, file = ''] = /@mui\/material\/(.+)\.mjs$/.exec(id) ?? [];
      left.delete(file);
      return instead.get(file) ?? null;
    },
    buildEnd(error) {
      if (!error && left.size > 0)
        this.error(`Material UI has no ${[...left].join(', ')} any more`);
    },
  };
}

/** The theme's colours and type as CSS variables, `virtual:theme.css`: pages are dressed before their script runs. */
function themeSheet(): Plugin {
  const name = 'virtual:theme.css';
  /** Flat surfaces have no use for these; they are most of the sheet. */
  const unused = /^--mui-(shadows|overlays|zIndex)/;
  return {
    name: 'theme-sheet',
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load: (id) => (id === `\0${name}` ? theme.generateStyleSheets().map(css).join('\n') : null),
  };

  function css(rules: object): string {
    return Object.entries(rules)
      .filter(([name]) => !unused.test(name))
      .map(([name, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null
          ? `${name} {${css(value)}}`
          : `${name.replace('colorScheme', 'color-scheme')}: ${String(value)};`,
      )
      .join('\n');
  }
}

/** The theme as data, in the place of the module that works it out. */
function themeWorkedOut(): Plugin {
  return {
    name: 'theme-worked-out',
    enforce: 'pre',
    load: (id) =>
      id === page('src/app/themeData.ts')
        ? `export const themeData = ${JSON.stringify(themeData)};`
        : null,
  };
}
