/** Colours for tests of option builders. */
import type { Palette } from '../../../../../src/renderer/src/charts/types.ts';

export const palette: Palette = {
  text: 'text', text2: 'text2', line: 'line', surface: 'surface', accent: 'accent', activation: 'activation', negative: 'negative', series: ['a', 'b', 'c', 'd'], mono: 'mono', font: 'font',
};
