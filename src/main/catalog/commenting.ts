/** Comments on a feature: added, removed and put back. */
import { randomUUID } from 'node:crypto';
import type { CommandInput, CommandName, CommandOutput } from '../../shared/contract.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Comment } from '../../shared/schema/labels.ts';
import { limits } from './blobs.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { checkLength } from './labelling.ts';
import { requireFeature, requireSource } from './reading.ts';
import { addComment, comment, featureComments, markComment } from './tables/comments.ts';
import type { CommentRow } from './tables/comments.ts';

type Input<N extends Extract<CommandName, `comments.${string}`>> = Omit<CommandInput<N>, 'catalog'>;

function toComment({ id, text, author, createdAt }: CommentRow): Comment {
  return { id, text, author, createdAt };
}

export function commentsOf(db: ReadHandle, input: Input<'comments.of'>): CommandOutput<'comments.of'> {
  return db.snapshot(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    return { comments: featureComments(db, input.source, input.index).map(toComment) };
  });
}

/** Kind bad-request for an empty one. */
export function addFeatureComment(db: WriteHandle, input: Input<'comments.add'>): CommandOutput<'comments.add'> {
  const words = input.text.trim();
  if (words === '') throw new LoupeError('bad-request', 'text is empty. Write a comment.');
  checkLength('text', words, limits.notes);
  checkLength('author', input.author, limits.author);
  return db.transaction(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const id = addComment(db, { uid: randomUUID(), source: input.source, feature: input.index, text: words, author: input.author, createdAt: new Date().toISOString(), deletedAt: null });
    return { comment: toComment(comment(db, id)!) };
  });
}

function mark(db: WriteHandle, { comment: id }: Input<'comments.delete'>, at: string | null): { comment: Comment; source: number; index: number } {
  return db.transaction(() => {
    const row = comment(db, id);
    if (row === null) throw new LoupeError('not-found', `comment: there is no comment ${id}.`);
    markComment(db, id, at);
    return { comment: toComment(row), source: row.source, index: row.feature };
  });
}

export function deleteFeatureComment(db: WriteHandle, input: Input<'comments.delete'>): CommandOutput<'comments.delete'> {
  return mark(db, input, new Date().toISOString());
}

export function restoreFeatureComment(db: WriteHandle, input: Input<'comments.restore'>): CommandOutput<'comments.restore'> {
  return mark(db, input, null);
}
