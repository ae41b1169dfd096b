/** What moving many examples at a time needs: where they lie, without their activations, and filling the table without its index. */
import { integer, text } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';

export interface ExamplePlace {
  readonly group: number;
  readonly rank: number;
  readonly context: number;
  readonly peak: number;
}

/** Where a feature's examples lie, by group and rank, without their activations; at most 1,000. */
export function examplePlaces(db: ReadHandle, source: number, feature: number): ExamplePlace[] {
  return db.all('SELECT grp, rank, context, peak FROM examples WHERE source = +? AND feature = +? ORDER BY grp, rank LIMIT 1000', source, feature).map((row) => ({
    group: integer(row, 'grp'), rank: integer(row, 'rank'), context: integer(row, 'context'), peak: integer(row, 'peak'),
  }));
}

/**
 * Drops the index of examples by context; the answer makes it anew from the same text. A million rows that come in the order of features
 * would else be put into the index one by one, all over the file. Only for a catalog that is being made and that nobody has open.
 */
export function dropContextIndex(db: WriteHandle): () => void {
  const sql = text(db.get("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = 'examples_by_context'")!, 'sql');
  db.exec('DROP INDEX examples_by_context');
  return () => db.exec(sql);
}
