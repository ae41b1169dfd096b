/** Taking a merge back: the rows that it added go, those that it changed are as before, the sources that it brought go with all they have. */
import { LoupeError } from '../../../shared/errors.ts';
import type { WriteHandle } from '../handle.ts';
import { unindexLabel } from '../tables/labels.ts';
import { mergedRows, merges, undoneMerge } from '../tables/merges.ts';
import { changePeopleRow, keyValues, peopleRows, peopleTableNames, removePeopleRow } from '../tables/people.ts';
import type { Values } from '../tables/people.ts';
import { removeSource } from '../tables/sources.ts';
import { refreshing } from './apply.ts';
import { laterChanges } from './history.ts';

/**
 * Kinds not-found (no such merge), conflict (it was taken back before, or a later merge changed some of the same rows and has to be taken
 * back first). Rows that were removed since are no problem.
 */
export function undoMerge(db: WriteHandle, input: { readonly merge: number }): { readonly labels: number } {
  return db.transaction(() => {
    const all = merges(db);
    const merge = all.find(({ id }) => id === input.merge);
    if (merge === undefined) throw new LoupeError('not-found', `${db.path} has no merge ${input.merge}.`);
    if (merge.undoneAt !== null) throw new LoupeError('conflict', `the merge of ${merge.name} was taken back at ${merge.undoneAt}.`);
    const later = all.find(({ id }) => id === laterChanges(db).get(merge.id));
    if (later !== undefined) throw new LoupeError('conflict', `the merge of ${later.name} (merge ${later.id}) changed some of the rows that the merge of ${merge.name} had changed. Take that one back first.`);
    const labels = mergedRows(db, merge.id, 'add labels').map(({ key }) => key);
    undoRows(db, merge.id, labels);
    for (const { key } of mergedRows(db, merge.id, 'source')) dropSource(db, Number(key));
    undoneMerge(db, merge.id, new Date().toISOString());
    return { labels: labels.length };
  });
}

function undoRows(db: WriteHandle, merge: number, added: readonly string[]): void {
  refreshing(db, touchedFeatures(db, merge, added), () => {
    for (const table of peopleTableNames.toReversed()) {
      for (const { key } of mergedRows(db, merge, `add ${table}`)) removePeopleRow(db, table, keyValues(table, key));
      for (const { before } of mergedRows(db, merge, `change ${table}`)) changePeopleRow(db, table, JSON.parse(before!) as Values);
    }
  });
}

/** Features whose label or score the merge may have changed. */
function touchedFeatures(db: WriteHandle, merge: number, added: readonly string[]): (readonly [number, number])[] {
  const [labels, scores] = [peopleRows(db, 'labels'), peopleRows(db, 'scores')];
  const scored = mergedRows(db, merge, 'add scores').map(({ key }) => JSON.stringify([scores.get(key)?.['label'] ?? '']));
  const touched = new Map<string, readonly [number, number]>();
  for (const key of [...added, ...mergedRows(db, merge, 'change labels').map((row) => row.key), ...scored]) {
    const row = labels.get(key);
    if (row !== undefined) touched.set(`${row['source']}/${row['feature']}`, [row['source'] as number, row['feature'] as number]);
  }
  return [...touched.values()];
}

/** What people made of the source since goes with it; the text index holds nothing of it afterwards. */
function dropSource(db: WriteHandle, source: number): void {
  for (const id of removeSource(db, source)) unindexLabel(db, id);
}
