import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { contrast, parseColour } from '../../../../../src/renderer/src/tokens/colour.ts';

const css = readFileSync(new URL('../../../../../src/renderer/src/styles/tokens.css', import.meta.url), 'utf8');
const tokens = new Map([...css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name!, { light: light!, dark: dark! }]));
const themes = ['light', 'dark'] as const;

function ratio(front: string, back: string, theme: 'light' | 'dark'): number {
  return contrast(parseColour(tokens.get(front)![theme]), parseColour(tokens.get(back)![theme]));
}

test('text reaches 4.5 : 1 on every surface it stands on, in both themes', () => {
  const pairs = [
    ...['text', 'text-2', 'text-3'].flatMap((front) => ['surface-0', 'surface-1', 'surface-2'].map((back) => [front, back] as const)),
    ...['text', 'text-2', 'text-3', 'accent'].map((front) => [front, 'accent-surface'] as const), ['text', 'surface-3'], ['on-accent', 'accent'],
    ...['accent', 'ok', 'warn', 'error', 'activation-text', 'negative-text'].flatMap((front) => ['surface-0', 'surface-1'].map((back) => [front, back] as const)),
    ['text', 'error-surface'], ['error', 'error-surface'], ['text', 'warn-surface'], ['text-2', 'error-surface'],
  ] as const;
  const poor = themes.flatMap((theme) => pairs.filter(([front, back]) => ratio(front, back, theme) < 4.5).map(([front, back]) => `${theme}: ${front} on ${back} ${ratio(front, back, theme).toFixed(2)}`));
  assert.deepEqual(poor, []);
});

test('the edges of fields and the marks of charts reach 3 : 1', () => {
  const poor = themes.flatMap((theme) => ['line-strong', 'series-1', 'series-2', 'series-3', 'series-4'].filter((front) => ratio(front, 'surface-1', theme) < 3).map((front) => `${theme}: ${front}`));
  assert.deepEqual(poor, []);
});
