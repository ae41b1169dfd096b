/**
 * Colour scales for readers who see fewer colours. Simulated by Machado, Oliveira and Fernandes 2009 (IEEE TVCG 15(6), table 1, full
 * severity), on linear RGB; differences in OKLab (Ottosson 2020), where about 0.02 is just seen side by side.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { contrast, luminance, mix, parseColour, shade, strength, type Rgb } from '../../../../../src/renderer/src/tokens/colour.ts';

const css = readFileSync(new URL('../../../../../src/renderer/src/styles/tokens.css', import.meta.url), 'utf8');
const tokens = new Map([...css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name!, { light: parseColour(light!), dark: parseColour(dark!) }]));
const themes = ['light', 'dark'] as const;
const colour = (name: string, theme: 'light' | 'dark'): Rgb => tokens.get(name)![theme];

type Matrix = readonly [Rgb, Rgb, Rgb];
const visions: Readonly<Record<string, Matrix>> = {
  trichromat: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

const linear = (value: number): number => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const encoded = (value: number): number => 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** How a colour looks to somebody with this vision, in sRGB. */
function seen(rgb: Rgb, matrix: Matrix): Rgb {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb;
  return matrix.map((row) => encoded(clamp(row[0] * r + row[1] * g + row[2] * b))) as unknown as Rgb;
}

function okLab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

function difference(a: Rgb, b: Rgb): number {
  const [x, y] = [okLab(a), okLab(b)];
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

const shares = Array.from({ length: 45 }, (_, i) => 0.12 + i * 0.02);
const everywhere = themes.flatMap((theme) => Object.entries(visions).map(([name, matrix]) => ({ theme, name, matrix })));

test('the simulation leaves grey grey, and takes the difference of red and green from those who lack it', () => {
  for (const matrix of Object.values(visions)) for (const value of seen([128, 128, 128], matrix)) assert.ok(Math.abs(value - 128) < 0.5);
  const [red, green]: [Rgb, Rgb] = [[200, 60, 40], [110, 120, 30]];
  assert.ok(difference(seen(red, visions['deuteranopia']!), seen(green, visions['deuteranopia']!)) < difference(red, green) / 2);
});

test('more activation is always darker in light and lighter in dark, whatever the eye', () => {
  for (const { theme, name, matrix } of everywhere) {
    for (const hue of ['activation', 'negative']) {
      const steps = shares.map((share) => luminance(seen(mix(colour('surface-1', theme), colour(hue, theme), share), matrix)));
      const sign = theme === 'light' ? -1 : 1;
      assert.ok(steps.every((value, i) => i === 0 || (value - steps[i - 1]!) * sign > 0), `${hue}, ${theme}, ${name}`);
    }
  }
});

test('the faintest firing, half and full strength can be told apart, and from no shade', () => {
  for (const { theme, name, matrix } of everywhere) {
    const surface = colour('surface-1', theme);
    const steps = [0, strength(1e-6, 1), strength(0.5, 1), strength(1, 1)].map((share) => seen(mix(surface, colour('activation', theme), share), matrix));
    for (let i = 1; i < steps.length; i++) assert.ok(difference(steps[i]!, steps[i - 1]!) > 0.02, `step ${i}, ${theme}, ${name}: ${difference(steps[i]!, steps[i - 1]!).toFixed(3)}`);
  }
});

test('the two ends of the diverging ramp are different for every eye, at each strength', () => {
  for (const { theme, name, matrix } of everywhere) {
    for (const share of [0.3, 0.6, 1]) {
      const [plus, minus] = ['activation', 'negative'].map((hue) => seen(mix(colour('surface-1', theme), colour(hue, theme), share), matrix)) as [Rgb, Rgb];
      assert.ok(difference(plus, minus) > 0.05, `${share}, ${theme}, ${name}: ${difference(plus, minus).toFixed(3)}`);
    }
  }
});

test('the curves of a chart are different for every eye', () => {
  const poor: string[] = [];
  for (const { theme, name, matrix } of everywhere) {
    for (let a = 1; a <= 4; a++) {
      for (let b = a + 1; b <= 4; b++) {
        const apart = difference(seen(colour(`series-${a}`, theme), matrix), seen(colour(`series-${b}`, theme), matrix));
        if (apart < 0.1) poor.push(`${a} and ${b}, ${theme}, ${name}: ${apart.toFixed(3)}`);
      }
    }
  }
  assert.deepEqual(poor, []);
});

test('text on either ramp reaches 4.5 : 1 at every strength, in both themes', () => {
  for (const theme of themes) {
    for (const hue of ['activation', 'negative']) {
      for (let share = 0; share <= 1; share += 0.01) {
        const { background, text } = shade(share, colour('surface-1', theme), colour(hue, theme), colour('text', theme));
        // Both are rounded to whole steps of 255, which may cost a hundredth.
        assert.ok(contrast(parseColour(background), parseColour(text)) >= 4.45, `${hue}, ${theme}, ${share}`);
      }
    }
  }
});
