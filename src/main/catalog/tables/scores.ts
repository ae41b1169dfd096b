/** `scores`: how well a label says when its feature fires, by which judge, over which windows. */
import type { Score } from '../../../shared/schema/labels.ts';
import { limits } from '../blobs.ts';
import { integer, real, text } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface ScoreRow extends Score {
  readonly uid: string;
}

const columns = 'id, uid, label, scorer, value, low, high, n, negatives, judge, prompt_hash, created_at, details';
/** The scorer whose value `features.score` copies. */
export const leadingScorer = 'detection';
/** The negatives that `features.score` is over. */
export const leadingNegatives = 'random';

function realOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : real(row, column);
}

function toScore(row: Row): ScoreRow {
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), label: integer(row, 'label'), scorer: text(row, 'scorer', limits.scorer), value: real(row, 'value'),
    low: realOrNull(row, 'low'), high: realOrNull(row, 'high'), n: integer(row, 'n'), negatives: text(row, 'negatives', limits.scorer),
    judge: text(row, 'judge', limits.judge), promptHash: text(row, 'prompt_hash', 100), createdAt: text(row, 'created_at', 100), details: text(row, 'details', limits.details),
  };
}

/** The scores of one label, oldest first; at most 100. */
export function labelScores(db: ReadHandle, label: number): ScoreRow[] {
  return db.all(`SELECT ${columns} FROM scores WHERE label = +? ORDER BY id LIMIT 100`, label).map(toScore);
}

/** The scores of every label of a feature; at most 1,000, the newest first. */
export function featureScores(db: ReadHandle, source: number, feature: number): ScoreRow[] {
  const prefixed = columns.split(', ').map((name) => `s.${name}`).join(', ');
  return db.all(`SELECT ${prefixed} FROM labels l CROSS JOIN scores s ON s.label = l.id WHERE l.source = +? AND l.feature = +? ORDER BY s.id DESC LIMIT 1000`, source, feature).map(toScore);
}

/** The value that stands for a label in the table: its newest detection over random windows, or null. */
export function leadingScore(db: ReadHandle, label: number): number | null {
  const row = db.get('SELECT value FROM scores WHERE label = +? AND scorer = +? AND negatives = +? ORDER BY created_at DESC, uid DESC LIMIT 1', label, leadingScorer, leadingNegatives);
  return row === undefined ? null : real(row, 'value');
}

export function scoresAfter(db: ReadHandle, after: number, limit: number): ScoreRow[] {
  return db.all(`SELECT ${columns} FROM scores WHERE id > ? ORDER BY id LIMIT ?`, after, limit).map(toScore);
}

export function addScore(db: WriteHandle, row: Omit<ScoreRow, 'id'>): number {
  return db.run(
    'INSERT INTO scores (uid, label, scorer, value, low, high, n, negatives, judge, prompt_hash, created_at, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.uid, row.label, row.scorer, row.value, row.low, row.high, row.n, row.negatives, row.judge, row.promptHash, row.createdAt, row.details,
  ).id;
}
