/** Saved views of the feature table: kept in the catalog, so that they travel with it; a removed one can be put back. */
import { randomUUID } from 'node:crypto';
import type { CommandInput, CommandName, CommandOutput } from '../../shared/contract.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { SavedView, ViewQuery } from '../../shared/schema/view.ts';
import { viewQuerySchema } from '../../shared/schema/view.ts';
import { limits } from './blobs.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { checkLength } from './labelling.ts';
import { addView, allViews, changeView, markView, view } from './tables/views.ts';
import type { ViewRow } from './tables/views.ts';

type Input<N extends Extract<CommandName, `views.${string}`>> = Omit<CommandInput<N>, 'catalog'>;

/** What a row says the table shows; null when it is not what we write. */
export function queryOf(row: ViewRow): ViewQuery | null {
  try {
    const parsed = viewQuerySchema.safeParse(JSON.parse(row.query));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function toSavedView(row: ViewRow): SavedView[] {
  const query = queryOf(row);
  return query === null || row.name === '' ? [] : [{ id: row.id, name: row.name, query, author: row.author, createdAt: row.createdAt }];
}

function requireView(db: ReadHandle, id: number): ViewRow {
  const row = view(db, id);
  if (row === null || row.deletedAt !== null) throw new LoupeError('not-found', `view: there is no view ${id}${row === null ? '' : ' any more: it was removed'}.`);
  return row;
}

function checkName(db: ReadHandle, name: string, own: number | null): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new LoupeError('bad-request', 'name is empty. Give the view a name.');
  checkLength('name', trimmed, limits.listName);
  const taken = allViews(db).some((row) => row.deletedAt === null && row.id !== own && row.name === trimmed);
  if (taken) throw new LoupeError('conflict', `a view "${trimmed}" exists already. Give another name, or remove that one.`);
  return trimmed;
}

function asText(query: ViewQuery): string {
  const words = JSON.stringify(query);
  checkLength('query', words, limits.notes);
  return words;
}

/** Views that stand, by name; what cannot be read as one is left out (verify names it). */
export function savedViews(db: ReadHandle, _input: Input<'views.all'>): CommandOutput<'views.all'> {
  return db.snapshot(() => ({ views: allViews(db).filter((row) => row.deletedAt === null).flatMap(toSavedView).sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id) }));
}

/** Kinds bad-request (no name, too long), conflict (the name is taken). */
export function saveView(db: WriteHandle, input: Input<'views.save'>): CommandOutput<'views.save'> {
  return db.transaction(() => {
    const name = checkName(db, input.name, null);
    const id = addView(db, { uid: randomUUID(), name, query: asText(input.query), author: input.author, createdAt: new Date().toISOString(), deletedAt: null });
    return { view: toSavedView(view(db, id)!)[0]! };
  });
}

/** Changes the name, and what is shown where `query` is given; returns the view as it was. Kinds as for saving, not-found. */
export function changeSavedView(db: WriteHandle, input: Input<'views.change'>): CommandOutput<'views.change'> {
  return db.transaction(() => {
    const before = requireView(db, input.view);
    changeView(db, input.view, { name: checkName(db, input.name, input.view), query: input.query === null ? before.query : asText(input.query) });
    return { before: toSavedView(before)[0] ?? null };
  });
}

export function deleteSavedView(db: WriteHandle, input: Input<'views.delete'>): CommandOutput<'views.delete'> {
  return db.transaction(() => {
    markView(db, requireView(db, input.view).id, new Date().toISOString());
    return {};
  });
}

/** Puts a removed view back. Kinds not-found, conflict (its name was taken meanwhile). */
export function restoreSavedView(db: WriteHandle, input: Input<'views.restore'>): CommandOutput<'views.restore'> {
  return db.transaction(() => {
    const row = view(db, input.view);
    if (row === null) throw new LoupeError('not-found', `view: there is no view ${input.view}.`);
    checkName(db, row.name, row.id);
    markView(db, row.id, null);
    return {};
  });
}
