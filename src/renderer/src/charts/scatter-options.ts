/** One point a feature: density against maximum activation, both on log axes. Pure. */
import { count, percent, significant } from '../format/number.ts';
import { grid, logAxis, tooltip } from './axes.ts';
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
  const [x, y] = [range(points, 0), range(points, 1)];
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, {
      trigger: 'item',
      formatter: ({ data, value }: { data?: ArrayLike<number>; value?: ArrayLike<number> }) => pointText((value ?? data)!),
    }),
    xAxis: logAxis('density, firings a token', x[0], x[1], 'x', palette),
    yAxis: logAxis('maximum activation', y[0], y[1], 'y', palette),
    brush: { xAxisIndex: 0, yAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [
      { type: 'scatter', data: rows(points), symbolSize: points.length > 60_000 ? 2 : 3, large: points.length > 30_000, largeThreshold: 10_000, progressive: 0, itemStyle: { color: palette.accent, opacity: 0.5 } },
      { type: 'scatter', data: selected, symbolSize: 11, itemStyle: { color: 'transparent', borderColor: palette.activation, borderWidth: 2 }, silent: true, z: 5 },
    ],
  };
}

/** The range of one coordinate with a margin of 3 %; a decade around 1 where there are no points. */
function range(points: Float32Array, coordinate: 0 | 1): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = coordinate; i < points.length; i += 3) {
    low = Math.min(low, points[i]!);
    high = Math.max(high, points[i]!);
  }
  if (low > high) return [-0.5, 0.5];
  const margin = Math.max(0.02, (high - low) * 0.03);
  return [low - margin, high + margin];
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
