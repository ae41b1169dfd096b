/** `examples`: windows of contexts in which a feature fires, clustered by feature. */
import { limits } from '../blobs.ts';
import { blob, integer, real } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface ExampleRow {
  /** 0: the strongest; 1 to 5: fifths of (0, max], highest first. */
  readonly group: number;
  readonly rank: number;
  readonly context: number;
  readonly start: number;
  readonly peak: number;
  /** The activation at the peak, exact (float32). */
  readonly value: number;
  /** The largest activation in the window (float32): 255 steps of `activations`. */
  readonly maximum: number;
  /** uint8 [window] */
  readonly activations: Uint8Array;
}

const columns = 'grp, rank, context, start, peak, value, maximum, activations';

function toExample(row: Row): ExampleRow {
  return {
    group: integer(row, 'grp'), rank: integer(row, 'rank'), context: integer(row, 'context'), start: integer(row, 'start'), peak: integer(row, 'peak'),
    value: real(row, 'value'), maximum: real(row, 'maximum'), activations: blob(row, 'activations', 1, limits.window),
  };
}

/** All examples of a feature by group and rank; at most 1,000. */
export function examples(db: ReadHandle, source: number, feature: number): ExampleRow[] {
  return db.all(`SELECT ${columns} FROM examples WHERE source = +? AND feature = +? ORDER BY grp, rank LIMIT 1000`, source, feature).map(toExample);
}

export function examplesInContext(db: ReadHandle, source: number, feature: number, context: number): ExampleRow[] {
  return db.all(`SELECT ${columns} FROM examples WHERE source = +? AND feature = +? AND context = +? ORDER BY grp, rank LIMIT 1000`, source, feature, context).map(toExample);
}

/** The first `count` of the strongest examples. */
export function topExamples(db: ReadHandle, source: number, feature: number, count: number): ExampleRow[] {
  return db.all(`SELECT ${columns} FROM examples WHERE source = +? AND feature = +? AND grp = 0 ORDER BY rank LIMIT ?`, source, feature, count).map(toExample);
}

export function topExample(db: ReadHandle, source: number, feature: number): ExampleRow | null {
  const row = db.get(`SELECT ${columns} FROM examples WHERE source = +? AND feature = +? ORDER BY grp, rank LIMIT 1`, source, feature);
  return row === undefined ? null : toExample(row);
}

/** The `limit` strongest of the top group, strongest first. */
export function strongestExamples(db: ReadHandle, source: number, feature: number, limit: number): ExampleRow[] {
  return db.all(`SELECT ${columns} FROM examples WHERE source = +? AND feature = +? AND grp = 0 ORDER BY rank LIMIT ?`, source, feature, limit).map(toExample);
}

/** Made once: a million examples ask for the statement by this text. */
const insertion = `INSERT INTO examples (source, feature, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** `context`: its id in this file, where the row comes from another. */
export function addExample(db: WriteHandle, source: number, feature: number, row: ExampleRow, context: number = row.context): void {
  db.run(
    insertion, source, feature, row.group, row.rank, context, row.start, row.peak, row.value, row.maximum, row.activations,
  );
}
