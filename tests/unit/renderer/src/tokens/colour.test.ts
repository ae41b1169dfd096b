import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, effectStrength, luminance, mix, parseColour, readable, shade, strength } from '../../../../../src/renderer/src/tokens/colour.ts';

test('colours are read as hex, rgb and rgba', () => {
  assert.deepEqual(parseColour('#f28a16'), [242, 138, 22]);
  assert.deepEqual(parseColour('rgb(1, 2, 3)'), [1, 2, 3]);
  assert.deepEqual(parseColour('rgba(1, 2, 3, 0.5)'), [1, 2, 3]);
  assert.deepEqual(parseColour('nonsense'), [0, 0, 0]);
});

test('contrast follows WCAG: black on white is 21, equal colours are 1', () => {
  assert.equal(luminance([255, 255, 255]), 1);
  assert.ok(Math.abs(contrast([0, 0, 0], [255, 255, 255]) - 21) < 1e-9);
  assert.equal(contrast([90, 90, 90], [90, 90, 90]), 1);
});

test('a mixture is linear in sRGB', () => {
  assert.deepEqual(mix([0, 0, 0], [200, 100, 50], 0.5), [100, 50, 25]);
});

test('silence has no shade, the faintest firing has one, the maximum is full', () => {
  assert.equal(strength(0, 5), 0);
  assert.equal(strength(-1, 5), strength(1, 5));
  assert.ok(strength(1e-6, 5) >= 0.12);
  assert.equal(strength(5, 5), 1);
  assert.equal(strength(6, 5), 1);
  assert.equal(strength(1, 0), 0);
});

test('text on every shade of either theme reaches 4.5 : 1', () => {
  const themes = [
    { surface: '#ffffff', hue: '#f28a16', text: '#15181c' },
    { surface: '#181b1f', hue: '#ee8a1d', text: '#e7e9ec' },
    { surface: '#ffffff', hue: '#2673d1', text: '#15181c' },
    { surface: '#181b1f', hue: '#4a90e8', text: '#e7e9ec' },
  ].map((theme) => ({ surface: parseColour(theme.surface), hue: parseColour(theme.hue), text: parseColour(theme.text) }));
  for (const { surface, hue, text } of themes) {
    for (let share = 0; share <= 1; share += 0.01) {
      const { background, text: chosen } = shade(share, surface, hue, text);
      assert.ok(contrast(parseColour(background), parseColour(chosen)) >= 4.45, `share ${share}: ${background} ${chosen}`);
    }
  }
});

test('the theme’s own colour is kept as long as it can be read', () => {
  assert.deepEqual(readable([255, 255, 255], [21, 24, 28]), [21, 24, 28]);
  assert.deepEqual(readable([20, 20, 20], [21, 24, 28]), [255, 255, 255]);
});

test('an effect is shaded by its size whatever its sign; nearly nothing, and what is not a number, is not', () => {
  assert.equal(effectStrength(-2, 4), 0.5);
  assert.equal(effectStrength(2, 4), 0.5);
  assert.equal(effectStrength(9, 4), 1);
  assert.equal(effectStrength(0.1, 4), 0);
  assert.equal(effectStrength(Number.NaN, 4), 0);
  assert.equal(effectStrength(1, 0), 0);
});
