/** Lists of features: made, renamed, removed and put back, filled and put in order. What a change took away is returned, so that it can be undone. */
import { randomUUID } from 'node:crypto';
import type { CommandInput, CommandName, CommandOutput } from '../../shared/contract.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { FeatureList, ListItem } from '../../shared/schema/labels.ts';
import { limits } from './blobs.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { checkLength } from './labelling.ts';
import { requireFeature, requireSource } from './reading.ts';
import { labelText } from './tables/features.ts';
import { heldIndices } from './tables/people.ts';
import { addItem, addList, allLists, changeItem, list, listItem, listItems, listSize, listsOf, markList, nextPlace, removeItem, renameList } from './tables/lists.ts';
import type { ListItemRow, ListRow } from './tables/lists.ts';

type Input<N extends Extract<CommandName, `lists.${string}`>> = Omit<CommandInput<N>, 'catalog'>;

function toList(db: ReadHandle, { id, name, notes, author, createdAt }: ListRow): FeatureList {
  return { id, name, notes, author, createdAt, items: listSize(db, id) };
}

function toItem(db: ReadHandle, { source, feature, place, note, author, createdAt }: ListItemRow): ListItem {
  return { source, index: feature, place, note, author, createdAt, label: labelText(db, source, feature) };
}

function requireList(db: ReadHandle, id: number): ListRow {
  const row = list(db, id);
  if (row === null || row.deletedAt !== null) throw new LoupeError('not-found', `list: there is no list ${id}${row === null ? '' : ' any more: it was removed'}.`);
  return row;
}

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw new LoupeError('bad-request', 'name is empty. Give the list a name.');
  checkLength('name', trimmed, limits.listName);
  return trimmed;
}

/** Every list that stands, by name. */
export function featureListsOf(db: ReadHandle, _input: Input<'lists.all'>): CommandOutput<'lists.all'> {
  return db.snapshot(() => ({ lists: allLists(db).filter((row) => row.deletedAt === null).map((row) => toList(db, row)).sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id) }));
}

export function featureListItems(db: ReadHandle, input: Input<'lists.items'>): CommandOutput<'lists.items'> {
  return db.snapshot(() => ({ list: toList(db, requireList(db, input.list)), items: listItems(db, input.list).map((row) => toItem(db, row)) }));
}

export function listsOfFeature(db: ReadHandle, input: Input<'lists.of'>): CommandOutput<'lists.of'> {
  return db.snapshot(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    return { lists: listsOf(db, input.source, input.index) };
  });
}

export function createFeatureList(db: WriteHandle, input: Input<'lists.create'>): CommandOutput<'lists.create'> {
  const name = checkName(input.name);
  checkLength('notes', input.notes, limits.notes);
  checkLength('author', input.author, limits.author);
  return db.transaction(() => {
    const id = addList(db, { uid: randomUUID(), name, notes: input.notes, author: input.author, createdAt: new Date().toISOString(), deletedAt: null });
    return { list: toList(db, list(db, id)!) };
  });
}

/** Changes name and notes; returns the list as it was. */
export function renameFeatureList(db: WriteHandle, input: Input<'lists.rename'>): CommandOutput<'lists.rename'> {
  const name = checkName(input.name);
  checkLength('notes', input.notes, limits.notes);
  return db.transaction(() => {
    const before = toList(db, requireList(db, input.list));
    renameList(db, input.list, name, input.notes);
    return { before };
  });
}

export function deleteFeatureList(db: WriteHandle, input: Input<'lists.delete'>): CommandOutput<'lists.delete'> {
  return db.transaction(() => {
    requireList(db, input.list);
    markList(db, input.list, new Date().toISOString());
    return {};
  });
}

export function restoreFeatureList(db: WriteHandle, input: Input<'lists.restore'>): CommandOutput<'lists.restore'> {
  return db.transaction(() => {
    const row = list(db, input.list);
    if (row === null) throw new LoupeError('not-found', `list: there is no list ${input.list}.`);
    markList(db, input.list, null);
    return { list: toList(db, list(db, input.list)!) };
  });
}

/** Above so many items the features of a source are read at once, and not one by one. */
const manyItems = 1000;

/** Fails with kind not-found for what is no feature of this catalog. */
function itemCheck(db: ReadHandle, items: number): (source: number, index: number) => void {
  const held = new Map<number, ReadonlySet<number>>();
  return (source, index) => {
    if (items > manyItems && !held.has(source)) held.set(source, heldIndices(db, requireSource(db, source).id));
    if (held.get(source)?.has(index) !== true) requireFeature(db, requireSource(db, source), index);
  };
}

/** Adds features at the end, or where they say; those that are in the list already stay as they are. Returns the ones that were new. */
export function addToFeatureList(db: WriteHandle, input: Input<'lists.add'>): CommandOutput<'lists.add'> {
  checkLength('author', input.author, limits.author);
  return db.transaction(() => {
    requireList(db, input.list);
    const requireItem = itemCheck(db, input.items.length);
    let place = nextPlace(db, input.list);
    const createdAt = new Date().toISOString();
    const added: CommandOutput<'lists.add'>['added'] = [];
    for (const item of input.items) {
      requireItem(item.source, item.index);
      const row = { list: input.list, source: item.source, feature: item.index, place: item.place ?? place, note: item.note ?? '', author: input.author, createdAt };
      if (!addItem(db, row)) continue;
      added.push({ source: item.source, index: item.index });
      if (item.place === undefined) place++;
    }
    return { added };
  });
}

/** Takes features out; returns them as they were, with place and note. */
export function removeFromFeatureList(db: WriteHandle, input: Input<'lists.remove'>): CommandOutput<'lists.remove'> {
  return db.transaction(() => {
    requireList(db, input.list);
    const removed: ListItem[] = [];
    for (const { source, index } of input.items) {
      const row = listItem(db, input.list, source, index);
      if (row === null) continue;
      removed.push(toItem(db, row));
      removeItem(db, input.list, source, index);
    }
    return { removed };
  });
}

/** Gives an item another place or note; returns it as it was. Kind not-found. */
export function changeListItem(db: WriteHandle, input: Input<'lists.change'>): CommandOutput<'lists.change'> {
  if (input.note !== undefined) checkLength('note', input.note, limits.notes);
  return db.transaction(() => {
    requireList(db, input.list);
    const row = listItem(db, input.list, input.source, input.index);
    if (row === null) throw new LoupeError('not-found', `list ${input.list} does not hold feature ${input.index} of source ${input.source}.`);
    changeItem(db, input.list, input.source, input.index, { place: input.place ?? row.place, note: input.note ?? row.note });
    return { before: toItem(db, row) };
  });
}
