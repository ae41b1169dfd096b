/** The rows of a sweep out of a job's result, sorted and narrowed. Pure. */
import { sweepRowSchema, type SweepRow } from '../../../../../shared/schema/sweep.ts';
import type { Loss } from '../../../charts/pareto-options.ts';
import type { BrushRange } from '../../../charts/types.ts';

export type Column = 'name' | 'variant' | 'dSae' | 'l0' | 'fvu' | 'deltaCe' | 'dead' | 'seconds';

/** The rows of a result, or null where it is that of another kind of job. */
export function sweepRows(result: Readonly<Record<string, unknown>> | null): SweepRow[] | null {
  const parsed = sweepRowSchema.array().safeParse(result?.rows);
  return parsed.success ? parsed.data : null;
}

/** Rows in the order of a column; those without a value come last, either way. */
export function sortRows(rows: readonly SweepRow[], column: Column, descending: boolean): SweepRow[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true }));
  });
}

/** Rows within a brushed rectangle, in log10 units; all where nothing is brushed. */
export function withinBrush(rows: readonly SweepRow[], loss: Loss, brush: BrushRange | null): SweepRow[] {
  if (brush === null) return [...rows];
  const inside = (value: number | null, range: readonly [number, number] | null): boolean => range === null || (value !== null && value > 0 && Math.log10(value) >= range[0] && Math.log10(value) <= range[1]);
  return rows.filter((row) => inside(row.l0, brush.x) && inside(row[loss], brush.y));
}
