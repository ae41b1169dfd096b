/** What was merged into a catalog, and which merge stands in the way of taking one back. */
import { integer, text } from '../cells.ts';
import type { ReadHandle } from '../handle.ts';
import { changedRows, merges } from '../tables/merges.ts';
import type { MergeRow } from '../tables/merges.ts';

export interface MergeEntry extends MergeRow {
  /** The latest merge that changed a row which this one had changed: taking this one back first would leave that row as neither knew it. */
  readonly later: { readonly id: number; readonly name: string } | null;
}

/** For each merge that has one: the latest merge which changed a row that it changed, too. */
export function laterChanges(db: ReadHandle): ReadonlyMap<number, number> {
  const latest = new Map<string, number>();
  const later = new Map<number, number>();
  for (const row of changedRows(db)) {
    const merge = integer(row, 'merge');
    const key = `${text(row, 'what', 40)} ${text(row, 'key', 1000)}`;
    const other = latest.get(key);
    if (other === undefined) latest.set(key, merge);
    else later.set(merge, Math.max(other, later.get(merge) ?? 0));
  }
  return later;
}

/** The latest first; at most 1,000. */
export function mergeHistory(db: ReadHandle): MergeEntry[] {
  return db.snapshot(() => {
    const rows = merges(db);
    const later = laterChanges(db);
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    return rows.map((row) => {
      const id = later.get(row.id);
      return { ...row, later: id === undefined ? null : { id, name: names.get(id) ?? '' } };
    });
  });
}
