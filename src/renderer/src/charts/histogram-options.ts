/** Histograms: bars of counts over bins of equal width on a linear or log10 axis. Pure. */
import { compact, count, significant } from '../format/number.ts';
import { axis, grid, logAxis, tooltip } from './axes.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export interface Bins {
  /** `counts.length + 1` edges, rising, in the data's unit. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface HistogramSpec {
  readonly bins: Bins;
  /** Axis name with its unit. */
  readonly name: string;
  readonly countName: string;
  readonly log: boolean;
  readonly colour: string;
}

/** `n` bins that are equal in log10 from `low` to `high` (both > 0). */
export function logEdges(low: number, high: number, n: number): number[] {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  return Array.from({ length: n + 1 }, (_, i) => 10 ** (a + ((b - a) * i) / n));
}

/** `n` bins of equal width from `low` to `high`. */
export function linearEdges(low: number, high: number, n: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => low + ((high - low) * i) / n);
}

/** Counts positive values in bins equal in log10; zeros and negatives are left out and counted in `outside`. */
export function logBins(values: ArrayLike<number>, n: number): Bins & { readonly outside: number } {
  const { low, high, outside } = positiveRange(values);
  if (outside === values.length) return { edges: [], counts: [], outside };
  const top = high > low ? high : low * 1.0001;
  const counts = new Array<number>(n).fill(0);
  const [a, width] = [Math.log10(low), (Math.log10(top) - Math.log10(low)) / n];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > 0) counts[Math.min(n - 1, Math.floor((Math.log10(value) - a) / width))]!++;
  }
  return { edges: logEdges(low, top, n), counts, outside };
}

function positiveRange(values: ArrayLike<number>): { low: number; high: number; outside: number } {
  let [low, high, outside] = [Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value > 0)) outside++;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low, high, outside };
}

/** A bar chart of `bins`: bars are drawn from edge to edge on a numeric axis, so that the ticks are true values. */
export function histogramOption(spec: HistogramSpec, palette: Palette): ChartOption {
  const { edges, counts } = spec.bins;
  const place = (value: number): number => (spec.log ? Math.log10(value) : value);
  const data = counts.map((n, i) => [place(edges[i]!), place(edges[i + 1]!), n, i]);
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, {
      trigger: 'item',
      formatter: ({ data: [, , n, i] }: { data: [number, number, number, number] }) =>
        `${significant(edges[i]!)} to ${significant(edges[i + 1]!)}\n${count(n)} ${spec.countName}`,
    }),
    xAxis: spec.log
      ? logAxis(spec.name, Math.log10(edges[0] ?? 1), Math.log10(edges.at(-1) ?? 10), 'x', palette)
      : { ...axis({ name: spec.name, min: 'dataMin', max: 'dataMax', grid: false }, 'x', palette), scale: true },
    yAxis: axis({ name: spec.countName, min: 0, format: compact }, 'y', palette),
    brush: { xAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [{
      type: 'custom', encode: { x: [0, 1], y: 2 }, data, itemStyle: { color: spec.colour }, renderItem: bar, clip: true,
    }],
  };
}

interface BarApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  style(): unknown;
}

/** Draws one bin as a rectangle with a 1 px gap; two pixels high at least, so that a single count is seen. */
export function bar(_params: unknown, api: BarApi): unknown {
  const n = api.value(2);
  if (n <= 0) return undefined;
  const [left, top] = api.coord([api.value(0), n]);
  const [right, bottom] = api.coord([api.value(1), 0]);
  const height = Math.max(2, bottom - top);
  return { type: 'rect', shape: { x: left, y: bottom - height, width: Math.max(1, right - left - 1), height }, style: api.style() };
}

export function brushStyle(palette: Palette): Record<string, unknown> {
  return { color: palette.accent, opacity: 0.14, borderColor: palette.accent, borderWidth: 1 };
}

export function histogramTable(spec: HistogramSpec): ChartTable {
  const { edges, counts } = spec.bins;
  return { columns: ['from', 'to', 'count'], rows: counts.map((n, i) => [edges[i]!, edges[i + 1]!, n]) };
}
