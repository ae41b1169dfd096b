/** The history of a run as curves. Pure. */
import type { MetricHistory } from '../../../shared/schema/job.ts';

/** Columns of a history as curves over its `step` column, a gap where a row lacks one; rows are numbered where there is no such column. */
export function curves(history: MetricHistory): Map<string, [number, number | null][]> {
  const { names, values } = history;
  const stepAt = names.indexOf('step');
  const rows = names.length === 0 ? 0 : values.data.length / names.length;
  return new Map(names.map((name, column) => [name, Array.from({ length: rows }, (_, row): [number, number | null] => {
    const value = values.data[row * names.length + column]!;
    return [stepAt < 0 ? row : values.data[row * names.length + stepAt]!, Number.isNaN(value) ? null : value];
  })]));
}
