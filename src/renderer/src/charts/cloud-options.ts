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
  /** [n], 1 for a feature of the table, where that is filtered, else null. */
  readonly shown: Uint8Array | null;
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

export interface CloudGroup {
  readonly name: string;
  readonly place: number;
  /** [n, 3]: x, y and the feature's index. */
  readonly points: Float32Array;
}

/** The group of each point, -1 for one that has no place. */
function placesOf({ points, classes, shown }: CloudSpec): Int16Array {
  const others = classes?.names.length ?? 1;
  return Int16Array.from({ length: points.length >> 1 }, (_, i) => {
    if (!Number.isFinite(points[2 * i]!) || !Number.isFinite(points[2 * i + 1]!)) return -1;
    if (shown !== null && shown[i] !== 1) return others + 1;
    const place = classes === null ? 0 : classes.of[i]!;
    return place < 0 ? others : place;
  });
}

/** The points of each group: by class, and last those that the table does not show. */
export function groupsOf(spec: CloudSpec): readonly CloudGroup[] {
  const names = [...(spec.classes?.names ?? ['features']), 'no class', 'not in the table'];
  const places = placesOf(spec);
  const counts = new Uint32Array(names.length);
  for (const place of places) if (place >= 0) counts[place]!++;
  const groups = names.map((name, place) => ({ name, place, points: new Float32Array(3 * counts[place]!) }));
  const ends = new Uint32Array(names.length);
  for (const [i, place] of places.entries()) {
    if (place < 0) continue;
    groups[place]!.points.set([spec.points[2 * i]!, spec.points[2 * i + 1]!, i], 3 * ends[place]!++);
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
    // A typed array: ECharts reads it as it lies, three numbers a point.
    type: 'scatter', name, data: points, dimensions: ['x', 'y', 'feature'], symbolSize: size, large: points.length / 3 > large, largeThreshold: large, progressive: 0,
    itemStyle: place >= others ? { color: palette.text2, opacity: place === others ? 0.35 : 0.14 } : { color: classColour(place, palette), opacity: spec.shown === null ? 0.6 : 0.9 },
    z: place > others ? 1 : 2,
  }));
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
    series,
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
