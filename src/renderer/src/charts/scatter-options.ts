/** One point a feature: density against maximum activation, both on log axes. Pure. */
import { count, percent, significant } from '../format/number.ts';
import { axis, grid, tooltip } from './axes.ts';
import { brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export interface ScatterSpec {
  readonly density: Float32Array;
  readonly max: Float32Array;
  readonly selected: number | null;
}

/** [log10 density, log10 max, index] of each living feature, as one flat float32 array. */
export function scatterPoints(density: Float32Array, max: Float32Array): Float32Array {
  const points = new Float32Array(density.length * 3);
  let n = 0;
  for (let i = 0; i < density.length; i++) {
    if (!(density[i]! > 0) || !(max[i]! > 0)) continue;
    points[n++] = Math.log10(density[i]!);
    points[n++] = Math.log10(max[i]!);
    points[n++] = i;
  }
  return points.subarray(0, n);
}

/** The scatter plot; axes are linear in log10 so that 131,072 points need no transformation while drawing. */
export function scatterOption(spec: ScatterSpec, palette: Palette): ChartOption {
  const points = scatterPoints(spec.density, spec.max);
  const chosen = spec.selected;
  const selected = chosen === null || !(spec.density[chosen]! > 0) ? [] : [[Math.log10(spec.density[chosen]!), Math.log10(spec.max[chosen]!), chosen]];
  const tick = (value: number): string => significant(10 ** value, 2);
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, {
      trigger: 'item',
      formatter: ({ data, value }: { data?: ArrayLike<number>; value?: ArrayLike<number> }) => pointText((value ?? data)!),
    }),
    xAxis: { ...axis({ name: 'density, firings a token (log)', format: tick, grid: true }, 'x', palette), scale: true },
    yAxis: { ...axis({ name: 'maximum activation (log)', format: tick }, 'y', palette), scale: true },
    brush: { xAxisIndex: 0, yAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [
      { type: 'scatter', data: rows(points), symbolSize: points.length > 60_000 ? 2 : 3, large: points.length > 30_000, largeThreshold: 10_000, itemStyle: { color: palette.accent, opacity: 0.5 } },
      { type: 'scatter', data: selected, symbolSize: 11, itemStyle: { color: 'transparent', borderColor: palette.activation, borderWidth: 2 }, silent: true, z: 5 },
    ],
  };
}

function rows(points: Float32Array): number[][] {
  return Array.from({ length: points.length / 3 }, (_, i) => [points[i * 3]!, points[i * 3 + 1]!, points[i * 3 + 2]!]);
}

function pointText(point: ArrayLike<number>): string {
  return `feature ${count(point[2]!)}\ndensity ${percent(10 ** point[0]!)}\nmaximum ${significant(10 ** point[1]!)}`;
}

export function scatterTable(spec: ScatterSpec): ChartTable {
  return { columns: ['feature', 'density', 'max'], rows: Array.from(spec.density, (density, i) => [i, density, spec.max[i]!]) };
}
