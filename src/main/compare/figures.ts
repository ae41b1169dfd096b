/** Figures of two sources side by side: what their catalogs count, and what was evaluated of their dictionaries. Pure. */
import { metricById } from '../../shared/metrics.ts';
import type { Source } from '../../shared/schema/catalog.ts';
import type { CompareFigure } from '../../shared/schema/compare.ts';
import type { MetricRecord } from '../../shared/schema/evaluation.ts';

export interface FigureSide {
  readonly source: Pick<Source, 'features' | 'tokens' | 'dead' | 'labelled'>;
  /** float32 [features] */
  readonly density: Float32Array;
  readonly records: readonly MetricRecord[];
}

/** The value below which a share `q` of the sorted numbers lies, between two by linear interpolation; null of none. */
export function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low]! + (place - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

function own(side: FigureSide): Record<string, number | null> {
  const { features, tokens, dead, labelled } = side.source;
  const alive = [...side.density].filter((value) => value > 0).sort((a, b) => a - b);
  return {
    features, tokens, dead: dead / features, labelled: labelled / features, l0: alive.reduce((sum, value) => sum + value, 0),
    q10: quantile(alive, 0.1), q50: quantile(alive, 0.5), q90: quantile(alive, 0.9),
  };
}

const counted: readonly (readonly [id: string, name: string, formula: string, unit: string])[] = [
  ['features', 'Features', 'rows of the decoder', ''],
  ['tokens', 'Tokens counted', 'tokens of the store, less position 0 of contexts and special tokens', ''],
  ['dead', 'Dead features', 'share that never fires on the tokens counted', 'share'],
  ['labelled', 'Labelled features', 'share with a label', 'share'],
  ['l0', 'Mean L0 from densities', 'sum over features of firings / tokens', 'latents a token'],
  ['q10', 'Density, lowest tenth', '10 % quantile of firings / tokens over features that fire', 'firings a token'],
  ['q50', 'Density, median', 'median of firings / tokens over features that fire', 'firings a token'],
  ['q90', 'Density, highest tenth', '90 % quantile of firings / tokens over features that fire', 'firings a token'],
];

function evaluated(a: FigureSide, b: FigureSide): CompareFigure[] {
  const of = (side: FigureSide): Map<string, MetricRecord> => new Map(side.records.filter(({ tokens }) => tokens.set === 'counted').map((record) => [record.id, record]));
  const [left, right] = [of(a), of(b)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().map((id) => {
    const metric = metricById(id);
    const record = (left.get(id) ?? right.get(id))!;
    return { id, name: metric?.title ?? id, formula: record.definition, unit: metric?.unit ?? '', a: left.get(id)?.value ?? null, b: right.get(id)?.value ?? null };
  });
}

export function compareFigures(a: FigureSide, b: FigureSide): CompareFigure[] {
  const [left, right] = [own(a), own(b)];
  const rows = counted.map(([id, name, formula, unit]) => ({ id, name, formula, unit, a: left[id] ?? null, b: right[id] ?? null }));
  return [...rows, ...evaluated(a, b)];
}
