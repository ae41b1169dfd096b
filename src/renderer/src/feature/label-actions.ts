/** What people do to a feature, each with its way back: labels, reviews, lists and comments. All call the catalog and remember the step. */
import type { CommandInput } from '../../../shared/contract.ts';
import type { Label } from '../../../shared/schema/catalog.ts';
import type { FeatureList, ListItem, ReviewState } from '../../../shared/schema/labels.ts';
import { session } from '../app/session.svelte.ts';
import { undo } from '../app/undo.svelte.ts';
import { count, plural } from '../format/number.ts';

export interface LabelDraft {
  readonly text: string;
  readonly confidence: number | null;
  readonly notes: string;
  readonly family: string;
}

/** Who labels here. */
export function author(): string {
  return session.author.trim() === '' ? 'me' : session.author.trim();
}

export function address(index: number): { catalog: string; source: number; index: number } {
  return { catalog: session.catalog?.catalog ?? '', source: session.source?.id ?? 0, index };
}

const catalog = (): string => session.catalog?.catalog ?? '';
const worked = async (call: Promise<unknown>): Promise<boolean> => (await call) !== undefined;

/** Writes a label by hand; undefined when it could not be written, which has been told. `words` are said where they are not empty. */
export async function setLabel(index: number, draft: LabelDraft, options: { resolution?: boolean; words?: string } = {}): Promise<Label | undefined> {
  const input: CommandInput<'catalog.setLabel'> = { ...address(index), ...draft, author: author(), kind: 'manual', resolution: options.resolution ?? false };
  const saved = await session.attempt('catalog.setLabel', input);
  if (saved === undefined) return undefined;
  const one = { catalog: input.catalog, source: input.source, index, label: saved.label.id };
  undo.did({
    what: `label of feature ${count(index)}`, feature: index,
    undo: () => worked(session.attempt('labels.undo', one)), redo: () => worked(session.attempt('labels.redo', one)),
  }, options.words ?? '');
  return saved.label;
}

/** Takes one label back, or puts it back; undefined when it could not be. */
export async function markLabel(index: number, label: Label): Promise<true | undefined> {
  const one = { ...address(index), label: label.id };
  const [now, back] = label.undone ? (['labels.redo', 'labels.undo'] as const) : (['labels.undo', 'labels.redo'] as const);
  if (!(await worked(session.attempt(now, one)))) return undefined;
  const what = label.undone ? `putting back a label of feature ${count(index)}` : `taking back a label of feature ${count(index)}`;
  undo.did({ what, feature: index, undo: () => worked(session.attempt(back, one)), redo: () => worked(session.attempt(now, one)) }, label.undone ? 'Label put back.' : 'Label taken back.');
  return true;
}

/** Sets a feature aside, or takes it up again (null). */
export async function review(index: number, state: ReviewState | null): Promise<boolean> {
  const input = { ...address(index), author: author() };
  const done = await session.attempt('labels.review', { ...input, state });
  if (done === undefined) return false;
  const set = (to: ReviewState | null): Promise<boolean> => worked(session.attempt('labels.review', { ...input, state: to }));
  undo.did({ what: `${state === null ? 'taking up' : state === 'skipped' ? 'skipping' : 'being unsure about'} feature ${count(index)}`, feature: index, undo: () => set(done.before), redo: () => set(state) });
  return true;
}

export async function createList(name: string): Promise<FeatureList | undefined> {
  const made = await session.attempt('lists.create', { catalog: catalog(), name, notes: '', author: author() });
  if (made === undefined) return undefined;
  const list = { catalog: catalog(), list: made.list.id };
  undo.did({ what: `making the list ${made.list.name}`, feature: null, undo: () => worked(session.attempt('lists.delete', list)), redo: () => worked(session.attempt('lists.restore', list)) });
  return made.list;
}

export async function renameList({ id, name, notes }: FeatureList, next: { name: string; notes: string }): Promise<void> {
  const list = { catalog: catalog(), list: id };
  if (!(await worked(session.attempt('lists.rename', { ...list, ...next })))) return;
  undo.did({ what: `renaming the list ${name}`, feature: null, undo: () => worked(session.attempt('lists.rename', { ...list, name, notes })), redo: () => worked(session.attempt('lists.rename', { ...list, ...next })) });
}

export async function deleteList({ id, name }: FeatureList): Promise<void> {
  const list = { catalog: catalog(), list: id };
  if (!(await worked(session.attempt('lists.delete', list)))) return;
  undo.did({ what: `removing the list ${name}`, feature: null, undo: () => worked(session.attempt('lists.restore', list)), redo: () => worked(session.attempt('lists.delete', list)) }, `List "${name}" removed.`);
}

type Place = { readonly source: number; readonly index: number };

/** Items of a list that one message holds: it stays well under the size at which the host refuses one. */
const itemsAtOnce = 50_000;

/** Does something with items a part at a time; false as soon as one part did not work. */
async function inParts(items: readonly Place[], part: (items: Place[]) => Promise<boolean>): Promise<boolean> {
  for (let start = 0; start < items.length; start += itemsAtOnce) if (!(await part(items.slice(start, start + itemsAtOnce)))) return false;
  return true;
}

/** Those that were not in the list. What came in before something went wrong is in the answer, with `whole` false; what went wrong has been told. */
async function intoList(list: { catalog: string; list: number }, items: readonly Place[]): Promise<{ added: Place[]; whole: boolean }> {
  const added: Place[] = [];
  const whole = await inParts(items, async (part) => {
    const done = await session.attempt('lists.add', { ...list, items: part, author: author() });
    added.push(...(done?.added ?? []));
    return done !== undefined;
  });
  return { added, whole };
}

function addedWords(name: string, added: number, wanted: number): string {
  if (added === 0) return `"${name}" holds ${wanted === 1 ? 'it' : 'them'} already.`;
  const there = wanted - added;
  return `${plural(added, 'feature')} added to "${name}"${there === 0 ? '' : `; ${count(there)} ${there === 1 ? 'was' : 'were'} in it already`}.`;
}

/** Adds features at the end of a list, as one step. Those that it holds already stay where they are. */
export async function addToList({ id, name }: FeatureList, indices: ArrayLike<number>): Promise<boolean> {
  const list = { catalog: catalog(), list: id };
  const source = session.source?.id ?? 0;
  const { added, whole } = await intoList(list, Array.from(indices, (index) => ({ source, index })));
  if (!whole && added.length === 0) return false;
  undo.did({
    what: `adding to the list ${name}`, feature: indices.length === 1 ? indices[0]! : null,
    undo: () => inParts(added, (items) => worked(session.attempt('lists.remove', { ...list, items }))), redo: async () => (await intoList(list, added)).whole,
  }, whole ? addedWords(name, added.length, indices.length) : `Only ${plural(added.length, 'feature')} came into "${name}".`);
  return whole;
}

/** A new list that holds features from the start, as one step. */
export async function createListWith(name: string, indices: ArrayLike<number>): Promise<boolean> {
  const made = await session.attempt('lists.create', { catalog: catalog(), name, notes: '', author: author() });
  if (made === undefined) return false;
  const list = { catalog: catalog(), list: made.list.id };
  const source = session.source?.id ?? 0;
  const { added, whole } = await intoList(list, Array.from(indices, (index) => ({ source, index })));
  undo.did({
    what: `making the list ${made.list.name}`, feature: indices.length === 1 ? indices[0]! : null,
    undo: () => worked(session.attempt('lists.delete', list)), redo: () => worked(session.attempt('lists.restore', list)),
  }, whole ? addedWords(made.list.name, added.length, indices.length) : `Only ${plural(added.length, 'feature')} came into "${made.list.name}".`);
  return whole;
}

export async function removeFromList({ id, name }: FeatureList, item: { readonly source: number; readonly index: number }): Promise<void> {
  const list = { catalog: catalog(), list: id };
  const items = [{ source: item.source, index: item.index }];
  const done = await session.attempt('lists.remove', { ...list, items });
  if (done === undefined) return;
  const back = done.removed.map(({ source, index, place, note }) => ({ source, index, place, note }));
  undo.did({
    what: `removing feature ${count(item.index)} from the list ${name}`, feature: null,
    undo: () => worked(session.attempt('lists.add', { ...list, items: back, author: author() })), redo: () => worked(session.attempt('lists.remove', { ...list, items })),
  }, `Feature ${count(item.index)} removed from "${name}".`);
}

/** Another place in the list, or another note. */
export async function changeItem({ id, name }: FeatureList, item: ListItem, change: { place?: number; note?: string }): Promise<void> {
  const at = { catalog: catalog(), list: id, source: item.source, index: item.index };
  if (!(await worked(session.attempt('lists.change', { ...at, ...change })))) return;
  const back = { place: item.place, note: item.note };
  undo.did({ what: `changing the list ${name}`, feature: null, undo: () => worked(session.attempt('lists.change', { ...at, ...back })), redo: () => worked(session.attempt('lists.change', { ...at, ...change })) });
}

export async function addComment(index: number, text: string): Promise<boolean> {
  const done = await session.attempt('comments.add', { ...address(index), text, author: author() });
  if (done === undefined) return false;
  const comment = { catalog: catalog(), comment: done.comment.id };
  undo.did({ what: `comment on feature ${count(index)}`, feature: index, undo: () => worked(session.attempt('comments.delete', comment)), redo: () => worked(session.attempt('comments.restore', comment)) });
  return true;
}

export async function removeComment(index: number, id: number): Promise<void> {
  const comment = { catalog: catalog(), comment: id };
  if (!(await worked(session.attempt('comments.delete', comment)))) return;
  undo.did({ what: `removing a comment on feature ${count(index)}`, feature: index, undo: () => worked(session.attempt('comments.restore', comment)), redo: () => worked(session.attempt('comments.delete', comment)) }, 'Comment removed.');
}
