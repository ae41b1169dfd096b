/** Setting labels, taking them back and putting them back. Nothing is overwritten: the history keeps every label, undone ones too. */
import { randomUUID } from 'node:crypto';
import { LoupeError } from '../../shared/errors.ts';
import type { CommandInput, CommandOutput } from '../../shared/contract.ts';
import { limits } from './blobs.ts';
import type { WriteHandle } from './handle.ts';
import { requireFeature, requireSource, toLabel } from './reading.ts';
import { setCurrentLabel } from './tables/features.ts';
import { addLabel, currentLabel, indexLabel, label, markUndone, unindexLabel } from './tables/labels.ts';
import type { LabelRow } from './tables/labels.ts';
import { review, setReview } from './tables/reviews.ts';
import { leadingScore } from './tables/scores.ts';

/** Kind bad-request when `value` does not fit. */
export function checkLength(name: string, value: string, limit: number): void {
  if (value.length > limit) throw new LoupeError('bad-request', `${name} has ${value.length} characters; at most ${limit} fit. Shorten it.`);
}

/** Makes `row` (or none) the label that is shown, sorted by and found. */
export function makeCurrent(db: WriteHandle, source: number, feature: number, before: LabelRow | null, row: LabelRow | null): void {
  makeAllCurrent(db, [{ source, feature, before, row }]);
}

export interface CurrentChange {
  readonly source: number;
  readonly feature: number;
  readonly before: LabelRow | null;
  readonly row: LabelRow | null;
}

/** The same for many. The text index takes its rows by rising ids: whenever one is smaller than the last, it writes out what it holds. */
export function makeAllCurrent(db: WriteHandle, changes: readonly CurrentChange[]): void {
  const byId = (rows: readonly (LabelRow | null)[]): LabelRow[] => rows.filter((row) => row !== null).sort((a, b) => a.id - b.id);
  for (const { id } of byId(changes.map(({ before }) => before))) unindexLabel(db, id);
  for (const { id, text, notes } of byId(changes.map(({ row }) => row))) indexLabel(db, id, text, notes);
  for (const { source, feature, row } of changes) setCurrentLabel(db, source, feature, row, row === null ? null : leadingScore(db, row.id));
}

/** Now, or 1 ms after `before` where that lies in the future (another's clock) or in this very millisecond: the later label is current. */
export function timeAfter(before: string | null, now: number = Date.now()): string {
  const last = before === null ? Number.NaN : Date.parse(before);
  return new Date(last >= now ? last + 1 : now).toISOString();
}

export type NewLabel = Omit<CommandInput<'catalog.setLabel'>, 'catalog'>;

/** Adds a label; it is the current one from now on. Kinds bad-request (too long, empty), not-found. */
export function setLabel(db: WriteHandle, input: NewLabel): CommandOutput<'catalog.setLabel'> {
  const { text, author, kind, confidence, notes, family = '', resolution = false } = input;
  checkLength('text', text, limits.label);
  checkLength('notes', notes, limits.notes);
  checkLength('author', author, limits.author);
  checkLength('family', family, limits.family);
  if (text.trim() === '') throw new LoupeError('bad-request', 'text is empty. Write a label, or undo the last one.');
  return db.transaction(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const before = currentLabel(db, input.source, input.index);
    const id = addLabel(db, {
      uid: randomUUID(), source: input.source, feature: input.index, text, author, kind, confidence, notes, family: family.trim(), resolution,
      createdAt: timeAfter(before?.createdAt ?? null), undoneAt: null,
    });
    const row = label(db, id)!;
    makeCurrent(db, input.source, input.index, before, row);
    return { label: toLabel(row, id) };
  });
}

type AddressedLabel = Omit<CommandInput<'labels.undo'>, 'catalog'>;

/** Takes one label back, or puts it back, by its id; the newest that stands is then current and is returned. */
function mark(db: WriteHandle, { source, index, label: id }: AddressedLabel, at: string | null): CommandOutput<'labels.undo'> {
  return db.transaction(() => {
    requireFeature(db, requireSource(db, source), index);
    const row = label(db, id);
    if (row === null || row.source !== source || row.feature !== index) throw new LoupeError('not-found', `label: feature ${index} has no label ${id}.`);
    if ((row.undoneAt === null) === (at === null)) throw new LoupeError('conflict', `label ${id} of feature ${index} ${at === null ? 'stands already' : 'is taken back already'}.`);
    const before = currentLabel(db, source, index);
    markUndone(db, id, at);
    const now = currentLabel(db, source, index);
    if (before?.id !== now?.id) makeCurrent(db, source, index, before, now);
    return { label: now === null ? null : toLabel(now, now.id) };
  });
}

/** Takes a label back wherever it stands in the history. Kinds not-found, conflict (taken back already). */
export function undoLabel(db: WriteHandle, input: AddressedLabel): CommandOutput<'labels.undo'> {
  return mark(db, input, new Date().toISOString());
}

/** Puts a label back that was taken back. Kinds not-found, conflict (it stands). */
export function redoLabel(db: WriteHandle, input: AddressedLabel): CommandOutput<'labels.redo'> {
  return mark(db, input, null);
}

/** Takes the current label back; the one before it, if any, is current again and is returned. Kind conflict when there is none. */
export function undoLastLabel(db: WriteHandle, input: Omit<CommandInput<'catalog.undoLabel'>, 'catalog'>): CommandOutput<'catalog.undoLabel'> {
  return db.transaction(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const before = currentLabel(db, input.source, input.index);
    if (before === null) throw new LoupeError('conflict', `feature ${input.index} has no label to undo.`);
    return undoLabel(db, { ...input, label: before.id });
  });
}

/** Says that `author` skips a feature or is unsure about it, or takes that back (null). Returns what it was before. */
export function setReviewState(db: WriteHandle, input: Omit<CommandInput<'labels.review'>, 'catalog'>): CommandOutput<'labels.review'> {
  checkLength('author', input.author, limits.author);
  return db.transaction(() => {
    const { source, index, author, state } = input;
    requireFeature(db, requireSource(db, source), index);
    const before = review(db, source, index, author)?.state ?? null;
    setReview(db, { source, feature: index, author, state, createdAt: new Date().toISOString() });
    return { before };
  });
}
