import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Imports run one way: app → features → shared, and desk → features/session → shared. Test code never reaches the product. */
const zones = [
  {
    target: './src/shared',
    from: ['./src/features', './src/app', './src/playground', './src/desk'],
  },
  { target: './src/features', from: ['./src/app', './src/playground', './src/desk'] },
  { target: './src/app', from: ['./src/playground', './src/desk', './src/gallery'] },
  {
    target: './src/desk',
    from: ['./src/app', './src/playground', './src/features/sale', './src/features/purchase'],
  },
  {
    target: './src/playground',
    from: ['./src/app', './src/features/sale', './src/features/purchase'],
  },
  ...['sale', 'purchase', 'session'].map((feature) => ({
    target: `./src/features/${feature}`,
    from: './src/features',
    except: [`./${feature}`],
    message: 'Features do not know each other: join them in src/app.',
  })),
];

export default defineConfig(
  globalIgnores(['dist', 'screens/out', 'src/gql', 'test-results', 'playwright-report']),
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers in a template are wanted: keys, paths and styles are made of them.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => setOpen(true)` reads better than a block for it.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // TypeScript's own `void` result of an async handler is what React's events expect.
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'import-x': importX },
    extends: [reactHooks.configs.flat['recommended-latest']],
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] }),
      ],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-cycle': 'error',
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/**/*.test.{ts,tsx}', 'src/testing/**'],
    plugins: { 'import-x': importX },
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '/testing/', message: 'Test code is not part of the product.' }] },
      ],
    },
  },
  {
    // A test tells a story: its describe block may be longer than a screen.
    files: ['src/**/*.test.{ts,tsx}'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['scripts/**/*.mjs', '*.js'],
    languageOptions: { globals: globals.node },
  },
);
