/** Many points of features in a plane, coloured by class; those that the table does not show are dimmed. Pure. */
import { significant } from '../format/number.ts';
import { axis, grid, logAxis, tooltip } from './axes.ts';
import { brushStyle } from './histogram-options.ts';
import type { ChartOption, ChartTable, Palette } from './types.ts';

export interface CloudAxis {
  readonly name: string;
  /** Points are in log10 of the data's unit. */
  readonly log: boolean;
}

export interface CloudSpec {
  /** [n, 2], in index order; NaN where a feature has no place. */
  readonly points: ArrayLike<number>;
  /** Null: a map, whose axes mean nothing. */
  readonly axes: { readonly x: CloudAxis; readonly y: CloudAxis } | null;
  readonly classes: { readonly names: readonly string[]; readonly of: ArrayLike<number> } | null;
  /** The features of the table where it is filtered, else null. */
  readonly shown: ReadonlySet<number> | null;
  readonly selected: number | null;
  /** What is said of a feature on hover; may come later. */
  readonly describe: (index: number) => string | Promise<string>;
}

/** Above so many points a series is drawn as one shape. */
const large = 4000;

/**
 * Colours of classes: those of Okabe and Ito (2008), made for every kind of colour vision, without black; then the same once more, hollow.
 * The first is the theme's accent.
 */
const okabeIto = ['#e69f00', '#56b4e9', '#009e73', '#d55e00', '#cc79a7', '#f0e442', '#0072b2'] as const;

export function classColour(place: number, palette: Palette): string {
  return place === 0 ? palette.accent : okabeIto[(place - 1) % okabeIto.length]!;
}

type Point = readonly [number, number, number];

/** The points of each group: by class, and last those that the table does not show. */
export function groupsOf(spec: CloudSpec): { readonly name: string; readonly place: number; readonly points: Point[] }[] {
  const names = spec.classes?.names ?? ['features'];
  const groups = [...names, 'no class', 'not in the table'].map((name, place) => ({ name, place, points: [] as Point[] }));
  for (let i = 0; 2 * i + 1 < spec.points.length; i++) {
    const [x, y] = [spec.points[2 * i]!, spec.points[2 * i + 1]!];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const place = spec.shown !== null && !spec.shown.has(i) ? names.length + 1 : spec.classes === null ? 0 : spec.classes.of[i]!;
    groups[place < 0 ? names.length : place]!.points.push([x, y, i]);
  }
  return groups.filter(({ points }) => points.length > 0);
}

/** The range of one coordinate with a margin of 3 %. */
function range(points: ArrayLike<number>, side: 0 | 1): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = side; i < points.length; i += 2) {
    if (!Number.isFinite(points[i]!)) continue;
    low = Math.min(low, points[i]!);
    high = Math.max(high, points[i]!);
  }
  if (low > high) return [-0.5, 0.5];
  const margin = Math.max(0.02, (high - low) * 0.03);
  return [low - margin, high + margin];
}

function axisOf(spec: CloudSpec, side: 'x' | 'y', palette: Palette): Record<string, unknown> {
  const [low, high] = range(spec.points, side === 'x' ? 0 : 1);
  if (spec.axes === null) return { type: 'value', min: low, max: high, show: false };
  const { name, log } = spec.axes[side];
  return log ? logAxis(name, low, high, side, palette) : { ...axis({ name, min: low, max: high, grid: side === 'y' }, side, palette), scale: true };
}

export function cloudOption(spec: CloudSpec, palette: Palette): ChartOption {
  const total = spec.points.length / 2;
  const size = total > 40_000 ? 2 : total > 8000 ? 3 : 4;
  const others = (spec.classes?.names.length ?? 1);
  const series = groupsOf(spec).map(({ name, place, points }) => ({
    type: 'scatter', name, data: points, symbolSize: size, large: points.length > large, largeThreshold: large, progressive: 0,
    itemStyle: place >= others ? { color: palette.text2, opacity: place === others ? 0.35 : 0.14 } : { color: classColour(place, palette), opacity: spec.shown === null ? 0.6 : 0.9 },
    z: place > others ? 1 : 2,
  }));
  const [x, y] = spec.selected === null ? [NaN, NaN] : [spec.points[2 * spec.selected]!, spec.points[2 * spec.selected + 1]!];
  const selected = Number.isFinite(x) && Number.isFinite(y) ? [[x, y, spec.selected!]] : [];
  return {
    animation: false,
    grid: spec.axes === null ? { left: 4, right: 4, top: 4, bottom: 4 } : grid(),
    tooltip: tooltip(palette, {
      trigger: 'item',
      formatter: ({ data, value }: { data?: Point; value?: Point }, ticket: string, done: (ticket: string, text: string) => void) => {
        const text = spec.describe((value ?? data)![2]);
        if (typeof text === 'string') return text;
        void text.then((later) => done(ticket, later));
        return `feature ${(value ?? data)![2]}`;
      },
    }),
    xAxis: axisOf(spec, 'x', palette),
    yAxis: axisOf(spec, 'y', palette),
    // Which points lie in the area is asked once, when it is drawn: with no series the brush looks at none while it moves.
    brush: { xAxisIndex: 0, yAxisIndex: 0, seriesIndex: [], brushStyle: brushStyle(palette), removeOnClick: false },
    series: [...series, { type: 'scatter', data: selected, symbolSize: 13, itemStyle: { color: 'transparent', borderColor: palette.activation, borderWidth: 2.5 }, silent: true, z: 5 }],
  };
}

/** One row a feature. */
export function cloudTable(spec: CloudSpec): ChartTable {
  const unit = (value: number, log: boolean): number => (log ? Number(significant(10 ** value, 6)) || 10 ** value : value);
  const names = spec.classes?.names;
  const columns = ['feature', spec.axes?.x.name ?? 'x', spec.axes?.y.name ?? 'y', ...(names === undefined ? [] : ['class'])];
  const rows = Array.from({ length: spec.points.length / 2 }, (_, i) => [
    i, unit(spec.points[2 * i]!, spec.axes?.x.log ?? false), unit(spec.points[2 * i + 1]!, spec.axes?.y.log ?? false),
    ...(names === undefined ? [] : [names[spec.classes!.of[i]!] ?? null]),
  ]);
  return { columns, rows };
}
