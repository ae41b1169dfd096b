/** The contexts and the vocabulary that an exported catalog keeps: those that its examples use, redacted once for all of them. */
import type { Redaction } from '../../../../shared/schema/export.ts';
import { LoupeError } from '../../../../shared/errors.ts';
import type { WriteHandle } from '../../../catalog/handle.ts';
import { addContext, stores } from '../../../catalog/tables/contexts.ts';
import type { ContextRow } from '../../../catalog/tables/contexts.ts';
import { addVocabularyEntry, vocabulary } from '../../../catalog/tables/models.ts';
import type { VocabularyEntry } from '../../../catalog/tables/models.ts';
import { examplePlaces } from '../../../catalog/tables/transfer.ts';
import { joinBytes } from '../../../catalog/vocabulary.ts';
import { walkContexts } from '../../../catalog/walk.ts';
import { chooseExamples } from '../reader.ts';
import type { ExportReader } from '../reader.ts';
import { placeholderOf, placeholders } from '../redact.ts';

/** Peaks of the kept examples by context. */
export type UsedContexts = ReadonlyMap<number, readonly number[]>;

/** `examples`: at most so many a feature, null for all. */
export function usedContexts(reader: ExportReader, examples: number | null): UsedContexts {
  const used = new Map<number, number[]>();
  for (const selected of reader.sources) {
    for (const places of reader.grouped(selected, 'contexts', (index) => chooseExamples(examplePlaces(reader.db, selected.source.id, index), examples))) {
      for (const { context, peak } of places) {
        const peaks = used.get(context);
        if (peaks === undefined) used.set(context, [peak]);
        else peaks.push(peak);
      }
    }
  }
  return used;
}

/** Of each of `length` positions, how far the nearest peak is. */
export function distances(length: number, peaks: readonly number[]): Int32Array {
  const out = new Int32Array(length).fill(length);
  for (const peak of peaks) if (peak < length) out[peak] = 0;
  for (let i = 1; i < length; i++) out[i] = Math.min(out[i]!, out[i - 1]! + 1);
  for (let i = length - 2; i >= 0; i--) out[i] = Math.min(out[i]!, out[i + 1]! + 1);
  return out;
}

/** The vocabulary of one model while a catalog is written: what its tokens mean, what stands for hidden ones, and which were used. */
export class KeptVocabulary {
  readonly #entries = new Map<number, VocabularyEntry>();
  readonly #used = new Set<number>();
  readonly #redaction: Redaction;
  readonly #first: number;

  constructor(reader: ExportReader, model: number) {
    this.#redaction = reader.redaction;
    let last = -1;
    for (const { token, text, special } of vocabulary(reader.db, model)) {
      this.#entries.set(token, { text, special });
      last = Math.max(last, token);
    }
    this.#first = last + 1;
  }

  knows(token: number): boolean {
    return this.#entries.has(token);
  }

  use(token: number): void {
    this.#used.add(token);
  }

  useAll(): void {
    for (const token of this.#entries.keys()) this.#used.add(token);
  }

  /** A context's tokens with the hidden ones replaced, and the text of what is left. */
  redacted(tokens: Int32Array, peaks: readonly number[]): { readonly tokens: Int32Array; readonly words: string } {
    const near = this.#redaction.text === 'around' ? distances(tokens.length, peaks) : null;
    let words = '';
    const kept = tokens.map((token, at) => {
      const entry = this.#entries.get(token)!;
      const placeholder = placeholderOf(this.#redaction, entry, near?.[at] ?? 0);
      words += entry.special ? ' ' : placeholder === null ? entry.text : placeholders[placeholder]!;
      return placeholder === null ? token : this.#first + placeholder;
    });
    for (const token of kept) this.#used.add(token);
    return { tokens: kept, words: joinBytes(words) };
  }

  write(db: WriteHandle, model: number): void {
    for (const token of [...this.#used].sort((a, b) => a - b)) {
      const placeholder = placeholders[token - this.#first];
      const entry = placeholder === undefined ? this.#entries.get(token) : { text: placeholder, special: false };
      if (entry !== undefined) addVocabularyEntry(db, model, token, entry);
    }
  }
}

/** Contexts a transaction. */
const batch = 1000;

export interface ContextTarget {
  readonly db: WriteHandle;
  /** New ids of stores by old ones; contexts of others are left out. */
  readonly stores: ReadonlyMap<number, number>;
  /** By old model id. */
  readonly vocabularies: ReadonlyMap<number, KeptVocabulary>;
}

/** Writes the contexts of `used` (null: all of the stores), each checked. Gives new ids by old ones. Kind bad-file for a context that is not as it should be. */
export function writeContexts(reader: ExportReader, used: UsedContexts | null, target: ContextTarget, step: (done: number) => void): Map<number, number> {
  const ids = new Map<number, number>();
  const modelOf = new Map(stores(reader.db).map((store) => [store.id, store.model]));
  let pending: { readonly row: ContextRow; readonly peaks: readonly number[] }[] = [];
  const flush = (): void => {
    target.db.transaction(() => pending.forEach(({ row, peaks }) => {
      const { tokens, words } = target.vocabularies.get(modelOf.get(row.store)!)!.redacted(row.tokens, peaks);
      ids.set(row.id, addContext(target.db, { ...row, store: target.stores.get(row.store)!, tokens }, words));
    }));
    pending = [];
    step(ids.size);
  };
  for (const { row, problem } of walkContexts(reader.db)) {
    const peaks = used === null ? [] : used.get(row.id);
    if (peaks === undefined || !target.stores.has(row.store)) continue;
    if (problem !== null) throw new LoupeError('bad-file', `${reader.db.path} is not exported: ${problem}. \`loupe catalog verify\` says more.`);
    if (pending.push({ row, peaks }) >= batch) flush();
  }
  flush();
  return ids;
}
