/**
 * `labels` and the text index over the current ones. A label is never overwritten: a new one is added, or one is marked undone.
 *
 * Which label is current depends on what labels say, not on the order in which a file came by them: two people who merge each other's
 * catalogs see the same one.
 */
import type { Label } from '../../../shared/schema/catalog.ts';
import { labelKinds } from '../../../shared/schema/catalog.ts';
import { LoupeError } from '../../../shared/errors.ts';
import { limits } from '../blobs.ts';
import { integer, integerOrNull, real, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface LabelRow extends Omit<Label, 'current'> {
  readonly uid: string;
  readonly source: number;
  readonly feature: number;
  readonly undoneAt: string | null;
}

/** The latest first; among equals the greater uid. A new label is dated after the one it follows (labelling.ts). */
const latest = 'created_at DESC, uid DESC';

const columns = 'id, uid, source, feature, text, author, kind, confidence, notes, created_at, undone_at';

function toLabel(row: Row): LabelRow {
  const kind = labelKinds.find((name) => name === row['kind']);
  if (kind === undefined) throw new LoupeError('bad-file', `the catalog is damaged: a label has the unknown kind ${JSON.stringify(String(row['kind']).slice(0, 40))}.`);
  const confidence = integerOrNull(row, 'confidence');
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), source: integer(row, 'source'), feature: integer(row, 'feature'),
    text: text(row, 'text', limits.label), author: text(row, 'author', limits.author), kind,
    confidence: confidence === null ? null : Math.min(5, Math.max(1, confidence)), notes: text(row, 'notes', limits.notes),
    createdAt: text(row, 'created_at', 100), undoneAt: textOrNull(row, 'undone_at', 100),
  };
}

/** Newest first; at most 1,000. */
export function labelHistory(db: ReadHandle, source: number, feature: number): LabelRow[] {
  return db.all(`SELECT ${columns} FROM labels WHERE source = ? AND feature = ? ORDER BY ${latest} LIMIT 1000`, source, feature).map(toLabel);
}

export function label(db: ReadHandle, id: number): LabelRow | null {
  const row = db.get(`SELECT ${columns} FROM labels WHERE id = ?`, id);
  return row === undefined ? null : toLabel(row);
}

/** The latest that is not undone, by its time and then its uid. */
export function currentLabel(db: ReadHandle, source: number, feature: number): LabelRow | null {
  const row = db.get(`SELECT ${columns} FROM labels WHERE source = ? AND feature = ? AND undone_at IS NULL ORDER BY ${latest} LIMIT 1`, source, feature);
  return row === undefined ? null : toLabel(row);
}

export function labelsAfter(db: ReadHandle, after: number, limit: number): LabelRow[] {
  return db.all(`SELECT ${columns} FROM labels WHERE id > ? ORDER BY id LIMIT ?`, after, limit).map(toLabel);
}

export function addLabel(db: WriteHandle, row: Omit<LabelRow, 'id'>): number {
  return db.run(
    'INSERT INTO labels (uid, source, feature, text, author, kind, confidence, notes, created_at, undone_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.uid, row.source, row.feature, row.text, row.author, row.kind, row.confidence, row.notes, row.createdAt, row.undoneAt,
  ).id;
}

export function undoLabel(db: WriteHandle, id: number, at: string): void {
  db.run('UPDATE labels SET undone_at = ? WHERE id = ?', at, id);
}

export function indexLabel(db: WriteHandle, id: number, words: string, notes: string): void {
  db.run('INSERT INTO labels_fts (rowid, text, notes) VALUES (?, ?, ?)', id, words, notes);
}

export function unindexLabel(db: WriteHandle, id: number): void {
  db.run('DELETE FROM labels_fts WHERE rowid = ?', id);
}

/** Current labels of a source that match an FTS5 query, best first by bm25 (the label's words count four times those of its notes). */
export function searchLabels(db: ReadHandle, source: number, match: string, limit: number): { label: LabelRow; score: number }[] {
  const prefixed = columns.split(', ').map((name) => `l.${name}`).join(', ');
  return db.all(
    `SELECT ${prefixed}, bm25(labels_fts, 4.0, 1.0) AS score FROM labels_fts f CROSS JOIN labels l ON l.id = f.rowid
     WHERE labels_fts MATCH ? AND l.source = ? ORDER BY score, l.feature LIMIT ?`,
    match, source, limit,
  ).map((row) => ({ label: toLabel(row), score: real(row, 'score') }));
}
