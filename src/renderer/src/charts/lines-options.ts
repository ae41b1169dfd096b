/** Several lines over one axis: layers, experts, or runs side by side. Pure. */
import { compact, significant } from '../format/number.ts';
import { axis, grid, logAxis, plain, tooltip } from './axes.ts';
import { logRange } from './curve-options.ts';
import { brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export interface Line {
  readonly name: string;
  /** [x, value] by rising x; gaps are null. */
  readonly points: readonly (readonly [number, number | null])[];
}

export interface LinesSpec {
  /** What runs along the bottom, with its unit: "step", "tokens", "time, s". */
  readonly x: string;
  readonly y: string;
  /** Read on a log axis, where every value is positive. */
  readonly log: boolean;
  readonly lines: readonly Line[];
}

export const dashes = ['solid', 'dashed', 'dotted'] as const;

export interface LineStyle {
  readonly colour: string;
  readonly dash: (typeof dashes)[number];
}

/** The look of line `i`: colours first, then the same ones dashed and dotted, so that no two of the first twelve are told apart by colour alone. */
export function lineStyle(i: number, palette: Palette): LineStyle {
  const colours = palette.series.length;
  return { colour: palette.series[i % colours]!, dash: dashes[Math.floor(i / colours) % dashes.length]! };
}

/** Lines that a tooltip names at most: those with the largest values. */
const mostNamed = 12;

export function linesOption(spec: LinesSpec, palette: Palette): ChartOption {
  const values = spec.lines.flatMap(({ points }) => points.flatMap(([, value]) => (value === null || Number.isNaN(value) ? [] : [value])));
  const log = spec.log && values.length > 0 && values.every((value) => value > 0);
  const scaled = (value: number | null): number | null => (value === null || Number.isNaN(value) ? null : log ? Math.log10(value) : value);
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, {
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.text2, width: 1 }, label: { show: false } },
      formatter: (items: { seriesName: string; data: readonly [number, number | null] }[]) => linesText(spec, log, items),
    }),
    xAxis: axis({ name: spec.x, min: 'dataMin', max: 'dataMax', format: compact, grid: false }, 'x', palette),
    yAxis: log ? logAxis(spec.y, ...logRange(values), 'y', palette) : { ...axis({ name: spec.y }, 'y', palette), scale: true },
    dataZoom: [{ type: 'inside', xAxisIndex: 0, zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, moveOnMouseWheel: false }],
    brush: { xAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: spec.lines.map(({ name, points }, i) => {
      const { colour, dash } = lineStyle(i, palette);
      return {
        type: 'line', name, data: points.map(([x, value]) => [x, scaled(value)]), showSymbol: points.length < 3, symbolSize: 5, connectNulls: true, sampling: 'lttb',
        lineStyle: { color: colour, width: 1.5, type: dash }, itemStyle: { color: colour },
      };
    }),
  };
}

function linesText(spec: LinesSpec, log: boolean, items: readonly { seriesName: string; data: readonly [number, number | null] }[]): string {
  const there = items.filter(({ data }) => data[1] !== null).map(({ seriesName, data }) => ({ name: seriesName, x: data[0], value: log ? 10 ** data[1]! : data[1]! })).toSorted((a, b) => b.value - a.value);
  if (there.length === 0) return '';
  const named = there.slice(0, mostNamed).map(({ name, value }) => `${plain(name)}  ${significant(value, 4)}`);
  return [`${spec.x.replace(/,.*/, '')} ${compact(there[0]!.x)}`, ...named, ...(there.length > mostNamed ? [`and ${there.length - mostNamed} lower ones`] : [])].join('\n');
}

/** One row an x that any line has, one column a line. */
export function linesTable({ x, lines }: LinesSpec): ChartTable {
  const at = lines.map(({ points }) => new Map(points));
  const places = [...new Set(lines.flatMap(({ points }) => points.map(([place]) => place)))].sort((a, b) => a - b);
  return { columns: [x, ...lines.map(({ name }) => name)], rows: places.map((place) => [place, ...at.map((line) => line.get(place) ?? null)]) };
}
