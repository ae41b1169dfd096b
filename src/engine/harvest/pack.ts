/**
 * Documents to contexts: token ids end to end with EOS between documents, cut into contexts of one length.
 *
 * The place between two contexts is a cursor of three values, so that packing can be taken up again there without
 * tokenising what lies before; the chained hash notices when the corpus is no longer the same.
 */
import { createHash } from 'node:crypto';
import { LoupeError } from '../../shared/errors.ts';
import type { CorpusDocument } from '../corpora/definition.ts';
import type { CorpusCursor } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';

export interface PackOptions {
  /** Tokens in a context. */
  readonly contextLength: number;
  /** Each document begins as if nothing stood before it: with BOS, where the tokenizer puts one first. */
  readonly isolate: boolean;
}

export interface PackedContext {
  /** int32 [contextLength] */
  readonly tokens: Int32Array;
  /** Number of the document of each token, from 0 in the order of use; int32 [contextLength]. */
  readonly documents: Int32Array;
  /** Where the next context begins. */
  readonly after: CorpusCursor;
}

/** Before the first document. */
export const corpusStart: CorpusCursor = { documents: 0, tokens: 0, hash: '0'.repeat(64) };

/** The hash after one more document. */
export function chainHash(hash: string, { id, text }: CorpusDocument): string {
  return createHash('sha256').update(hash, 'hex').update(JSON.stringify([id, text])).digest('hex');
}

/** Ids of one document with what is put around it. */
function documentTokens(text: string, tokenizer: Tokenizer, { isolate }: PackOptions): Int32Array {
  const before = isolate && tokenizer.prependsBos && tokenizer.bosTokenId !== null ? [tokenizer.bosTokenId] : [];
  const after = tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId];
  const ids = tokenizer.encode(text);
  const tokens = new Int32Array(before.length + ids.length + after.length);
  tokens.set(before);
  tokens.set(ids, before.length);
  tokens.set(after, before.length + ids.length);
  return tokens;
}

/** The context being filled. */
class Filling {
  readonly tokens: Int32Array;
  readonly documents: Int32Array;
  readonly #bos: number | null;
  #length = 0;

  constructor(contextLength: number, bos: number | null) {
    this.tokens = new Int32Array(contextLength);
    this.documents = new Int32Array(contextLength);
    this.#bos = bos;
  }

  get full(): boolean {
    return this.#length === this.tokens.length;
  }

  /** Takes what fits of `ids` from `from`, all of document `document`; returns how many. */
  take(ids: Int32Array, from: number, document: number): number {
    if (this.#length === 0 && this.#bos !== null && ids[from] !== this.#bos) this.#put(Int32Array.of(this.#bos), document);
    const taken = ids.subarray(from, from + this.tokens.length - this.#length);
    this.#put(taken, document);
    return taken.length;
  }

  #put(ids: Int32Array, document: number): void {
    this.tokens.set(ids, this.#length);
    this.documents.fill(document, this.#length, this.#length + ids.length);
    this.#length += ids.length;
  }
}

/**
 * Contexts of the documents, from `from` on. What is left at the end and fills no context is dropped.
 * Kind mismatch when the documents before `from` are not those that were there when the cursor was made.
 */
export async function* packContexts(
  documents: AsyncIterable<CorpusDocument>, tokenizer: Tokenizer, options: PackOptions, from: CorpusCursor = corpusStart,
): AsyncGenerator<PackedContext> {
  const bos = tokenizer.prependsBos ? tokenizer.bosTokenId : null;
  let filling = new Filling(options.contextLength, bos);
  let [taken, hash] = [0, corpusStart.hash];
  for await (const document of documents) {
    taken++;
    hash = chainHash(hash, document);
    if (taken < from.documents) continue;
    if (taken === from.documents && hash !== from.hash) throw changedCorpus(document.id);
    const ids = documentTokens(document.text, tokenizer, options);
    for (let used = taken === from.documents ? from.tokens : 0; used < ids.length; ) {
      used += filling.take(ids, used, taken - 1);
      if (!filling.full) continue;
      yield { tokens: filling.tokens, documents: filling.documents, after: { documents: taken, tokens: used, hash } };
      filling = new Filling(options.contextLength, bos);
    }
  }
  if (taken < from.documents) throw changedCorpus('its end');
}

/** Kind mismatch: the documents are not those that were there when the cursor was made. */
export function changedCorpus(where: string): LoupeError {
  return new LoupeError('mismatch', `corpus: it has changed since the harvest began (found at ${where}). Restore it, or harvest into a new folder.`);
}
