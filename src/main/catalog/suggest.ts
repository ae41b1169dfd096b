/** Labels out of another catalog as suggestions: for features that have none, with the kind of the original and where it came from. */
import { randomUUID } from 'node:crypto';
import type { CommandInput } from '../../shared/contract.ts';
import { labelKinds } from '../../shared/schema/catalog.ts';
import { limits } from './blobs.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { makeCurrent, timeAfter } from './labelling.ts';
import { requireSource } from './reading.ts';
import { feature } from './tables/features.ts';
import { addLabel, currentLabel, label } from './tables/labels.ts';
import { shownLabels } from './tables/compare.ts';
import type { ShownLabel } from './tables/compare.ts';

export interface Suggestion extends ShownLabel {
  /** What is written into the notes. */
  readonly notes: string;
}

export function labelsShown(db: ReadHandle, input: Omit<CommandInput<'compare.labels'>, 'catalog'>): { labels: ShownLabel[] } {
  return db.snapshot(() => ({ labels: shownLabels(db, requireSource(db, input.source).id) }));
}

/** Adds each suggestion whose feature has no label. All or nothing. Returns how many there were. Kind not-found (the source). */
export function suggestLabels(db: WriteHandle, input: { readonly source: number; readonly suggestions: readonly Suggestion[] }): { readonly added: number } {
  return db.transaction(() => {
    requireSource(db, input.source);
    let added = 0;
    for (const { index, text, kind, author, notes } of input.suggestions) {
      const known = labelKinds.find((name) => name === kind);
      if (known === undefined || text === '' || feature(db, input.source, index) === null || currentLabel(db, input.source, index) !== null) continue;
      const id = addLabel(db, {
        uid: randomUUID(), source: input.source, feature: index, text: text.slice(0, limits.label), author: author.slice(0, limits.author), kind: known, confidence: null,
        notes: notes.slice(0, limits.notes), family: '', resolution: false, createdAt: timeAfter(null), undoneAt: null,
      });
      makeCurrent(db, input.source, index, null, label(db, id));
      added++;
    }
    return { added };
  });
}
