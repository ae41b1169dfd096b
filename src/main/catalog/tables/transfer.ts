/** Where examples lie, without their activations: what an export looks at to know which contexts it needs. */
import { integer } from '../cells.ts';
import type { ReadHandle } from '../handle.ts';

export interface ExamplePlace {
  readonly group: number;
  readonly rank: number;
  readonly context: number;
  readonly peak: number;
}

/** Where a feature's examples lie, by group and rank, without their activations; at most 1,000. */
export function examplePlaces(db: ReadHandle, source: number, feature: number): ExamplePlace[] {
  return db.all('SELECT grp, rank, context, peak FROM examples WHERE source = ? AND feature = ? ORDER BY grp, rank LIMIT 1000', source, feature).map((row) => ({
    group: integer(row, 'grp'), rank: integer(row, 'rank'), context: integer(row, 'context'), peak: integer(row, 'peak'),
  }));
}
