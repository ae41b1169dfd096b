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
import { integer, integerOrNull, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface LabelRow extends Omit<Label, 'current' | 'undone'> {
  readonly uid: string;
  readonly source: number;
  readonly feature: number;
  readonly undoneAt: string | null;
}

/** The latest first; among equals the greater uid. A new label is dated after the one it follows (labelling.ts). */
const latest = 'created_at DESC, uid DESC';

const columns = 'id, uid, source, feature, text, author, kind, confidence, notes, family, resolution, created_at, undone_at';

function kindOf(row: Row): LabelRow['kind'] {
  const kind = labelKinds.find((name) => name === row['kind']);
  if (kind === undefined) throw new LoupeError('bad-file', `the catalog is damaged: a label has the unknown kind ${JSON.stringify(String(row['kind']).slice(0, 40))}.`);
  return kind;
}

function toLabel(row: Row): LabelRow {
  const kind = kindOf(row);
  const confidence = integerOrNull(row, 'confidence');
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), source: integer(row, 'source'), feature: integer(row, 'feature'),
    text: text(row, 'text', limits.label), author: text(row, 'author', limits.author), kind,
    confidence: confidence === null ? null : Math.min(5, Math.max(1, confidence)), notes: text(row, 'notes', limits.notes),
    family: text(row, 'family', limits.family), resolution: integer(row, 'resolution') === 1,
    createdAt: text(row, 'created_at', 100), undoneAt: textOrNull(row, 'undone_at', 100),
  };
}

/** Newest first; at most 1,000. */
export function labelHistory(db: ReadHandle, source: number, feature: number): LabelRow[] {
  return db.all(`SELECT ${columns} FROM labels WHERE source = +? AND feature = +? ORDER BY ${latest} LIMIT 1000`, source, feature).map(toLabel);
}

export function label(db: ReadHandle, id: number): LabelRow | null {
  const row = db.get(`SELECT ${columns} FROM labels WHERE id = ?`, id);
  return row === undefined ? null : toLabel(row);
}

/** The latest that is not undone, by its time and then its uid. */
export function currentLabel(db: ReadHandle, source: number, feature: number): LabelRow | null {
  const standing = `SELECT ${columns} FROM labels WHERE source = +? AND feature = +? AND undone_at IS NULL`;
  // Most features have one at most, and setting up a sort takes longer than reading it.
  const [first, second] = db.all(`${standing} LIMIT 2`, source, feature);
  if (first === undefined || second === undefined) return first === undefined ? null : toLabel(first);
  return toLabel(db.get(`${standing} ORDER BY ${latest} LIMIT 1`, source, feature)!);
}

export function labelsAfter(db: ReadHandle, after: number, limit: number): LabelRow[] {
  return db.all(`SELECT ${columns} FROM labels WHERE id > ? ORDER BY id LIMIT ?`, after, limit).map(toLabel);
}

export function addLabel(db: WriteHandle, row: Omit<LabelRow, 'id'>): number {
  return db.run(
    'INSERT INTO labels (uid, source, feature, text, author, kind, confidence, notes, family, resolution, created_at, undone_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.uid, row.source, row.feature, row.text, row.author, row.kind, row.confidence, row.notes, row.family, row.resolution ? 1 : 0, row.createdAt, row.undoneAt,
  ).id;
}

/** Marks a label as taken back at `at`, or as standing again (null). */
export function markUndone(db: WriteHandle, id: number, at: string | null): void {
  db.run('UPDATE labels SET undone_at = ? WHERE id = ?', at, id);
}

/** Labels by people that stand, by feature and age: what agreement and disagreement are read from. */
export function* standingLabels(db: ReadHandle, source: number): Generator<LabelRow> {
  const names = columns.split(', ');
  const sql = `SELECT ${columns} FROM labels WHERE source = ? AND kind = 'manual' AND undone_at IS NULL ORDER BY feature, created_at, uid`;
  for (const cells of db.each(sql, source)) yield toLabel(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

export interface AuthorCount {
  readonly author: string;
  readonly kind: LabelRow['kind'];
  readonly labels: number;
  readonly features: number;
}

/** Labels that stand by author and kind, and of how many features they are the current one. */
export function authorCounts(db: ReadHandle, source: number): AuthorCount[] {
  const rows = db.all(
    `SELECT l.author AS author, l.kind AS kind, count(*) AS labels, sum(f.label_id IS l.id) AS features FROM labels l
     JOIN features f ON f.source = l.source AND f.idx = l.feature WHERE l.source = ? AND l.undone_at IS NULL
     GROUP BY l.author, l.kind ORDER BY l.kind, labels DESC, author LIMIT 1000`,
    source,
  );
  return rows.map((row) => ({ author: text(row, 'author', limits.author), kind: kindOf(row), labels: integer(row, 'labels'), features: integer(row, 'features') }));
}

/** When an author wrote the labels that stand, in order; at most 100,000. */
export function labelTimes(db: ReadHandle, source: number, author: string): string[] {
  return db.all("SELECT created_at FROM labels WHERE source = ? AND author = ? AND kind = 'manual' AND undone_at IS NULL ORDER BY created_at DESC LIMIT 100000", source, author)
    .map((row) => text(row, 'created_at', 100)).reverse();
}

/** Families in use, the most used first; at most 100. */
export function families(db: ReadHandle, source: number): string[] {
  return db.all("SELECT family FROM labels WHERE source = ? AND family <> '' AND undone_at IS NULL GROUP BY family ORDER BY count(*) DESC, family LIMIT 100", source)
    .map((row) => text(row, 'family', limits.family));
}

export function indexLabel(db: WriteHandle, id: number, words: string, notes: string): void {
  db.run('INSERT INTO labels_fts (rowid, text, notes) VALUES (?, ?, ?)', id, words, notes);
}

export function unindexLabel(db: WriteHandle, id: number): void {
  db.run('DELETE FROM labels_fts WHERE rowid = ?', id);
}
