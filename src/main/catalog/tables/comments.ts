/** `comments`: remarks on a feature. One that is removed is marked, so that it can be put back. */
import { limits } from '../blobs.ts';
import { integer, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface CommentRow {
  readonly id: number;
  readonly uid: string;
  readonly source: number;
  readonly feature: number;
  readonly text: string;
  readonly author: string;
  readonly createdAt: string;
  readonly deletedAt: string | null;
}

const columns = 'id, uid, source, feature, text, author, created_at, deleted_at';

function toComment(row: Row): CommentRow {
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), source: integer(row, 'source'), feature: integer(row, 'feature'), text: text(row, 'text', limits.notes),
    author: text(row, 'author', limits.author), createdAt: text(row, 'created_at', 100), deletedAt: textOrNull(row, 'deleted_at', 100),
  };
}

/** The comments of a feature that stand, oldest first; at most 1,000. */
export function featureComments(db: ReadHandle, source: number, feature: number): CommentRow[] {
  return db.all(`SELECT ${columns} FROM comments WHERE source = +? AND feature = +? AND deleted_at IS NULL ORDER BY id LIMIT 1000`, source, feature).map(toComment);
}

export function comment(db: ReadHandle, id: number): CommentRow | null {
  const row = db.get(`SELECT ${columns} FROM comments WHERE id = ?`, id);
  return row === undefined ? null : toComment(row);
}

export function commentsAfter(db: ReadHandle, after: number, limit: number): CommentRow[] {
  return db.all(`SELECT ${columns} FROM comments WHERE id > ? ORDER BY id LIMIT ?`, after, limit).map(toComment);
}

export function addComment(db: WriteHandle, row: Omit<CommentRow, 'id'>): number {
  return db.run(
    'INSERT INTO comments (uid, source, feature, text, author, created_at, deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    row.uid, row.source, row.feature, row.text, row.author, row.createdAt, row.deletedAt,
  ).id;
}

/** Marks a comment as removed at `at`, or as standing again (null). */
export function markComment(db: WriteHandle, id: number, at: string | null): void {
  db.run('UPDATE comments SET deleted_at = ? WHERE id = ?', at, id);
}
