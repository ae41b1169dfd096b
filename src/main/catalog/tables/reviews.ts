/** `reviews`: what somebody skipped, or was unsure about. One row a feature and author. */
import type { ReviewState } from '../../../shared/schema/labels.ts';
import { reviewStates } from '../../../shared/schema/labels.ts';
import { LoupeError } from '../../../shared/errors.ts';
import { limits } from '../blobs.ts';
import { integer, text } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface ReviewRow {
  readonly source: number;
  readonly feature: number;
  readonly author: string;
  readonly state: ReviewState;
  readonly createdAt: string;
}

const columns = 'source, feature, author, state, created_at';

function toReview(row: Row): ReviewRow {
  const state = reviewStates.find((name) => name === row['state']);
  if (state === undefined) throw new LoupeError('bad-file', `the catalog is damaged: a review has the unknown state ${JSON.stringify(String(row['state']).slice(0, 40))}.`);
  return { source: integer(row, 'source'), feature: integer(row, 'feature'), author: text(row, 'author', limits.author), state, createdAt: text(row, 'created_at', 100) };
}

export function review(db: ReadHandle, source: number, feature: number, author: string): ReviewRow | null {
  const row = db.get(`SELECT ${columns} FROM reviews WHERE source = ? AND feature = ? AND author = ?`, source, feature, author);
  return row === undefined ? null : toReview(row);
}

/** Everybody's reviews of one feature; at most 1,000. */
export function featureReviews(db: ReadHandle, source: number, feature: number): ReviewRow[] {
  return db.all(`SELECT ${columns} FROM reviews WHERE source = +? AND feature = +? ORDER BY author LIMIT 1000`, source, feature).map(toReview);
}

export function* reviews(db: ReadHandle): Generator<ReviewRow> {
  const names = columns.split(', ');
  for (const cells of db.each(`SELECT ${columns} FROM reviews ORDER BY source, feature, author`)) yield toReview(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

/** Sets a state, or removes it (null). */
export function setReview(db: WriteHandle, row: Omit<ReviewRow, 'state'> & { readonly state: ReviewState | null }): void {
  if (row.state === null) db.run('DELETE FROM reviews WHERE source = ? AND feature = ? AND author = ?', row.source, row.feature, row.author);
  else {
    db.run(
      `INSERT INTO reviews (${columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, feature, author) DO UPDATE SET state = excluded.state, created_at = excluded.created_at`,
      row.source, row.feature, row.author, row.state, row.createdAt,
    );
  }
}

/** How many features `author` skipped and was unsure about. */
export function reviewCounts(db: ReadHandle, source: number, author: string): Record<ReviewState, number> {
  const rows = db.all('SELECT state, count(*) AS n FROM reviews WHERE source = ? AND author = ? GROUP BY state', source, author);
  const n = (state: ReviewState): number => rows.filter((row) => row['state'] === state).reduce((sum, row) => sum + integer(row, 'n'), 0);
  return { skipped: n('skipped'), unsure: n('unsure') };
}
