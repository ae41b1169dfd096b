/** Which features an export takes: a selection in words, as indices by source. */
import { LoupeError } from '../../../shared/errors.ts';
import type { ExportSelection } from '../../../shared/schema/export.ts';
import { selectFeatures } from '../../catalog/columns/select.ts';
import { columnsOf } from '../../catalog/columns/source-columns.ts';
import type { ReadHandle } from '../../catalog/handle.ts';
import { requireSource } from '../../catalog/reading.ts';
import { heldFeatures } from '../../catalog/selection.ts';
import { allLists, listItems } from '../../catalog/tables/lists.ts';
import { sources } from '../../catalog/tables/sources.ts';
import type { SourceRow } from '../../catalog/tables/sources.ts';

export interface SelectedSource {
  readonly source: SourceRow;
  /** Rising. */
  readonly indices: Int32Array;
  /** Every feature that the catalog holds of it. */
  readonly whole: boolean;
}

/** "0-99,200" as a test of an index. */
export function indexTest(text: string): (index: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const [from, to = from] = part.split('-').map((word) => Number(word.trim()));
    if (from === undefined || !Number.isSafeInteger(from) || !Number.isSafeInteger(to) || to! < from) {
      throw new LoupeError('bad-request', `features: "${part.trim()}" is no range of indices. Give such as 0-99,200.`);
    }
    return { from, to: to! };
  }).sort((a, b) => a.from - b.from);
  // Where each stretch ends, as far as those before it reach: the last one that starts at or before an index decides.
  const starts = Float64Array.from(ranges, ({ from }) => from);
  let reach = -1;
  const ends = Float64Array.from(ranges, ({ to }) => (reach = Math.max(reach, to)));
  return (index) => {
    const after = lastAtMost(starts, index);
    return after >= 0 && index <= ends[after]!;
  };
}

/** The place of the last number of a rising array that is at most `value`; -1 when there is none. */
function lastAtMost(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A list that stands, by its uid or else its name; of equal names the newest. */
function listTest(db: ReadHandle, source: number, name: string): (index: number) => boolean {
  const lists = allLists(db).filter((list) => list.deletedAt === null);
  const found = lists.find((list) => list.uid === name) ?? lists.findLast((list) => list.name === name);
  if (found === undefined) throw new LoupeError('not-found', `list: ${db.path} has no list "${name}".`);
  const members = new Set(listItems(db, found.id).filter((item) => item.source === source).map((item) => item.feature));
  return (index) => members.has(index);
}

function selectFrom(db: ReadHandle, source: SourceRow, selection: ExportSelection): SelectedSource {
  const filter = { ...selection.filter, ...(selection.labelled ? { labelled: true } : {}) };
  const tests = [
    ...(selection.indices === null ? [] : [indexTest(selection.indices)]),
    ...(selection.list === null ? [] : [listTest(db, source.id, selection.list)]),
  ];
  const found = selectFeatures(db, columnsOf(db, source), { source: source.id, sort: 'index', descending: false, filter, search: selection.search });
  const indices = found.filter((index) => tests.every((test) => test(index)));
  return { source, indices, whole: indices.length === heldFeatures(source) };
}

/** The sources that hold a selected feature, with its indices. Kind not-found when nothing is selected. */
export function resolveSelection(db: ReadHandle, selection: ExportSelection): SelectedSource[] {
  const from = selection.source === null ? sources(db) : [requireSource(db, selection.source)];
  const selected = from.map((source) => selectFrom(db, source, selection)).filter(({ indices }) => indices.length > 0);
  if (selected.length > 0) return selected;
  throw new LoupeError('not-found', `no feature of ${db.path} is in this selection. Choose a wider one.`);
}
