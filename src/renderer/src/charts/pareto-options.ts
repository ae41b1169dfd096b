/** Dictionaries by how many latents they use and how much they lose; the front of those that no other beats is a line. Pure. */
import type { SweepRow } from '../../../shared/schema/sweep.ts';
import { significant } from '../format/number.ts';
import { grid, logAxis, tooltip } from './axes.ts';
import { brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

/** What is lost: variance, or cross-entropy of the model. */
export type Loss = 'fvu' | 'deltaCe';

export const lossTitles: Readonly<Record<Loss, string>> = { fvu: 'FVU', deltaCe: 'delta CE, nats a token' };

export interface ParetoSpec {
  readonly rows: readonly SweepRow[];
  readonly loss: Loss;
  /** Name of the chosen row. */
  readonly selected: string | null;
}

/** Variants in the order in which they come, each with its place among the colours. */
export function variantOrder(rows: readonly SweepRow[]): string[] {
  return [...new Set(rows.filter(({ role }) => role === 'trained').map(({ variant }) => variant))];
}

/** Rows that can be drawn on log axes. */
export function drawable(rows: readonly SweepRow[], loss: Loss): SweepRow[] {
  return rows.filter((row) => row.l0 !== null && row.l0 > 0 && row[loss] !== null && row[loss]! > 0);
}

/** [log10 L0, log10 loss, index in rows] of one row. */
function pointOf(rows: readonly SweepRow[], row: SweepRow, loss: Loss): [number, number, number] {
  return [Math.log10(row.l0!), Math.log10(row[loss]!), rows.indexOf(row)];
}

export function paretoOption({ rows, loss, selected }: ParetoSpec, palette: Palette): ChartOption {
  const shown = drawable(rows, loss);
  const points = (some: readonly SweepRow[]): [number, number, number][] => some.map((row) => pointOf(rows, row, loss));
  const front = points(shown.filter((row) => (loss === 'fvu' ? row.pareto : row.paretoCe))).sort((a, b) => a[0] - b[0]);
  const order = variantOrder(rows);
  const all = points(shown);
  const scatter = (some: readonly SweepRow[], style: Record<string, unknown>): Record<string, unknown> => ({ type: 'scatter', data: points(some), symbolSize: 9, ...style });
  return {
    animation: false,
    grid: grid(),
    tooltip: tooltip(palette, { trigger: 'item', formatter: ({ data }: { data?: readonly number[] }) => (data === undefined ? '' : rowText(rows[data[2]!]!, loss)) }),
    xAxis: logAxis('L0, latents a token', ...range(all.map(([x]) => x)), 'x', palette),
    yAxis: logAxis(lossTitles[loss], ...range(all.map(([, y]) => y)), 'y', palette),
    brush: { xAxisIndex: 0, yAxisIndex: 0, brushStyle: brushStyle(palette) },
    series: [
      { type: 'line', data: front, showSymbol: false, lineStyle: { color: palette.text2, width: 1, type: 'dashed' }, silent: true, z: 1 },
      ...order.map((variant, i) => scatter(shown.filter((row) => row.role === 'trained' && row.variant === variant), { name: variant, itemStyle: { color: palette.series[i % palette.series.length] }, symbol: symbols[Math.floor(i / palette.series.length) % symbols.length] })),
      scatter(shown.filter(({ role }) => role !== 'trained'), { name: 'not trained', symbol: 'emptyDiamond', itemStyle: { color: palette.text2 } }),
      scatter(shown.filter(({ name }) => name === selected), { symbolSize: 16, itemStyle: { color: 'transparent', borderColor: palette.activation, borderWidth: 2 }, silent: true, z: 5 }),
    ],
  };
}

/** After the colours are used up. */
const symbols = ['circle', 'rect', 'triangle', 'pin', 'arrow', 'roundRect'];

function range(values: readonly number[]): [number, number] {
  if (values.length === 0) return [-0.5, 0.5];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.05, (high - low) * 0.08);
  return [low - margin, high + margin];
}

function rowText(row: SweepRow, loss: Loss): string {
  return `${row.name}${row.role === 'trained' ? '' : ` (${row.role})`}\nL0 ${significant(row.l0, 4)}\n${lossTitles[loss]} ${significant(row[loss], 4)}`;
}

export function paretoTable({ rows }: ParetoSpec): ChartTable {
  return { columns: ['name', 'role', 'variant', 'l0', 'fvu', 'deltaCe', 'dead'], rows: rows.map((row) => [row.name, row.role, row.variant, row.l0, row.fvu, row.deltaCe, row.dead]) };
}
