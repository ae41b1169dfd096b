/** Training curves: one metric over steps. Pure. */
import { explainMetric, metricDefinitions } from '../../../shared/metrics.ts';
import { compact, count, significant } from '../format/number.ts';
import { axis, grid, logAxis, tooltip } from './axes.ts';
import { brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export interface CurveSpec {
  readonly name: string;
  readonly unit: string;
  readonly log: boolean;
  /** [step, value] by rising step; gaps are NaN or null. */
  readonly points: readonly (readonly [number, number | null])[];
  readonly colour: string;
}

/** What is known about a metric's axis: its title, unit, and whether it is read on a log scale. */
export interface MetricStyle {
  readonly title: string;
  readonly unit: string;
  readonly log: boolean;
  readonly meaning: string;
}

const known: Readonly<Record<string, MetricStyle>> = Object.fromEntries(
  metricDefinitions.map((metric) => [metric.id, { title: metric.title, unit: metric.unit, log: metric.log, meaning: explainMetric(metric) }]),
);

const aliases: Readonly<Record<string, string>> = { tokens_per_s: 'tokensPerSecond', tokensPerS: 'tokensPerSecond', learningRate: 'lr', deadShare: 'dead' };

/** The style of a metric; one that nobody knows is drawn on a linear axis under its own name. */
export function metricStyle(name: string): MetricStyle {
  return known[aliases[name] ?? name] ?? { title: name, unit: '', log: false, meaning: '' };
}

/** Metrics in reading order: the known ones first, then the rest by name. `step` and `tokens` are axes, not curves. */
export function curveOrder(names: readonly string[]): string[] {
  const order = Object.keys(known);
  const rank = (name: string): number => {
    const at = order.indexOf(aliases[name] ?? name);
    return at < 0 ? order.length : at;
  };
  return names.filter((name) => name !== 'step' && name !== 'tokens').toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** A line over steps; dragging zooms. A log axis is used only where every value is positive. Drawn in log10, labelled in the metric's unit. */
export function curveOption(spec: CurveSpec, palette: Palette): ChartOption {
  const values = spec.points.flatMap(([, value]) => (value === null || Number.isNaN(value) ? [] : [value]));
  const log = spec.log && values.length > 0 && values.every((value) => value > 0);
  const name = spec.unit === '' ? spec.name : `${spec.name}, ${spec.unit}`;
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, {
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: palette.text2, width: 1 }, label: { show: false } },
      formatter: (items: { data: readonly [number, number] }[]) => pointText(spec, log, items[0]?.data),
    }),
    xAxis: axis({ name: 'step', min: 'dataMin', max: 'dataMax', format: compact, grid: false }, 'x', palette),
    yAxis: log ? logAxis(name, ...logRange(values), 'y', palette) : { ...axis({ name }, 'y', palette), scale: true },
    dataZoom: [{ type: 'inside', xAxisIndex: 0, zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, moveOnMouseWheel: false }],
    brush: { xAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [{
      type: 'line', data: log ? spec.points.map(([step, value]) => [step, value === null ? null : Math.log10(value)]) : spec.points,
      showSymbol: spec.points.length < 3, symbolSize: 5, connectNulls: true, sampling: 'lttb',
      lineStyle: { color: spec.colour, width: 1.5 }, itemStyle: { color: spec.colour },
    }],
  };
}

function pointText(spec: CurveSpec, log: boolean, point: readonly [number, number] | undefined): string {
  if (point === undefined) return '';
  return `step ${count(point[0])}\n${spec.name} ${significant(log ? 10 ** point[1] : point[1], 4)}${spec.unit === '' ? '' : ` ${spec.unit}`}`;
}

/** The range of the values in log10, with a margin. */
export function logRange(values: readonly number[]): [number, number] {
  const low = Math.log10(values.reduce((a, b) => Math.min(a, b)));
  const high = Math.log10(values.reduce((a, b) => Math.max(a, b)));
  const margin = Math.max(0.02, (high - low) * 0.05);
  return [low - margin, high + margin];
}

export function curveTable(spec: CurveSpec): ChartTable {
  return { columns: ['step', spec.name], rows: spec.points };
}
