// The folder rules, the cycle ban, the documentation tags and the size budgets of the house style.
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import loupe from './scripts/lint/rules.js';

export default tseslint.config(
  { ignores: ['node_modules/', 'out/', 'dist/', 'tests/**/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,js,mjs}'],
    extends: [tseslint.configs.base],
    plugins: { loupe },
    rules: {
      'no-undef': 'off',
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['error', 'warn'] }],
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx', 'hack'], location: 'anywhere' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Use engine/random.ts: every random number is seeded.' }],
      'loupe/layers': 'error',
      'loupe/no-cycles': 'error',
      'loupe/documented': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'scripts/**/*.{js,mjs}', 'bench/**/*.{ts,mjs}'],
    rules: {
      'max-lines': ['error', { max: 600 }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: false, skipComments: false }],
    },
  },
  // Scripts and benches talk to a terminal.
  { files: ['scripts/**', 'bench/**', 'bin/**', 'tests/**'], rules: { 'no-console': 'off' } },
  ...svelte.configs['flat/base'],
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    plugins: { loupe },
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      'svelte/no-unused-svelte-ignore': 'error',
      'max-lines': ['error', { max: 600 }],
      'loupe/layers': 'error',
    },
  },
);
