/** Setting a label and taking it back. Nothing is overwritten: the history keeps every label, undone ones too. */
import { randomUUID } from 'node:crypto';
import { LoupeError } from '../../shared/errors.ts';
import type { CommandInput, CommandOutput } from '../../shared/contract.ts';
import { limits } from './blobs.ts';
import type { WriteHandle } from './handle.ts';
import { requireFeature, requireSource, toLabel } from './reading.ts';
import { setCurrentLabel } from './tables/features.ts';
import { addLabel, currentLabel, indexLabel, label, undoLabel, unindexLabel } from './tables/labels.ts';
import type { LabelRow } from './tables/labels.ts';

function checkLength(name: string, value: string, limit: number): void {
  if (value.length > limit) throw new LoupeError('bad-request', `${name} has ${value.length} characters; at most ${limit} fit. Shorten it.`);
}

/** Makes `row` (or none) the label that is shown, sorted by and found. */
function makeCurrent(db: WriteHandle, source: number, feature: number, before: LabelRow | null, row: LabelRow | null): void {
  if (before !== null) unindexLabel(db, before.id);
  if (row !== null) indexLabel(db, row.id, row.text, row.notes);
  setCurrentLabel(db, source, feature, row);
}

/** Now, or 1 ms after `before` where that lies in the future (another's clock) or in this very millisecond: the later label is current. */
export function timeAfter(before: string | null, now: number = Date.now()): string {
  const last = before === null ? Number.NaN : Date.parse(before);
  return new Date(last >= now ? last + 1 : now).toISOString();
}

export type NewLabel = Omit<CommandInput<'catalog.setLabel'>, 'catalog'>;

/** Adds a label; it is the current one from now on. Kinds bad-request (too long, empty), not-found. */
export function setLabel(db: WriteHandle, input: NewLabel): CommandOutput<'catalog.setLabel'> {
  checkLength('text', input.text, limits.label);
  checkLength('notes', input.notes, limits.notes);
  checkLength('author', input.author, limits.author);
  if (input.text.trim() === '') throw new LoupeError('bad-request', 'text is empty. Write a label, or undo the last one.');
  return db.transaction(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const before = currentLabel(db, input.source, input.index);
    const { text, author, kind, confidence, notes } = input;
    const id = addLabel(db, { uid: randomUUID(), source: input.source, feature: input.index, text, author, kind, confidence, notes, createdAt: timeAfter(before?.createdAt ?? null), undoneAt: null });
    const row = label(db, id)!;
    makeCurrent(db, input.source, input.index, before, row);
    return { label: toLabel(row, id) };
  });
}

/** Takes the current label back; the one before it, if any, is current again and is returned. Kind conflict when there is none. */
export function undoLastLabel(db: WriteHandle, input: Omit<CommandInput<'catalog.undoLabel'>, 'catalog'>): CommandOutput<'catalog.undoLabel'> {
  return db.transaction(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    const before = currentLabel(db, input.source, input.index);
    if (before === null) throw new LoupeError('conflict', `feature ${input.index} has no label to undo.`);
    undoLabel(db, before.id, new Date().toISOString());
    const row = currentLabel(db, input.source, input.index);
    makeCurrent(db, input.source, input.index, before, row);
    return { label: row === null ? null : toLabel(row, row.id) };
  });
}
