/**
 * The contexts of a corpus, in epochs: those held out first, then training, again and again. Any place can be reached again by reading
 * the corpus up to it.
 */
import { LoupeError } from '../../shared/errors.ts';
import type { Corpus } from '../corpora/definition.ts';
import type { CorpusIdentity, CorpusCursor } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import { conversationContexts } from './conversations.ts';
import { corpusStart, packContexts, type PackedContext } from './pack.ts';
import { orderedDocuments } from './run.ts';

export interface ReadingOptions {
  /** tokens */
  readonly contextLength: number;
  /** Contexts in one forward pass. */
  readonly batch: number;
  /** Attention stays within each document. */
  readonly isolate: boolean;
  /** Documents are conversations, each a context of its own. */
  readonly conversations?: boolean;
  readonly shuffleDocuments: boolean;
  readonly seed: number;
  /** First tokens of the corpus that are never trained on; whole contexts are kept. */
  readonly heldOut: number;
}

/** A place in the training contexts. */
export interface ContextPlace {
  readonly epoch: number;
  /** Contexts of the epoch before it, held-out ones included. */
  readonly context: number;
  readonly cursor: CorpusCursor;
}

/** A pass over the contexts of the corpus, from some place on. */
interface Reading {
  readonly contexts: AsyncGenerator<PackedContext>;
  place: ContextPlace;
}

export class ContextReader {
  readonly #corpus: Corpus;
  readonly #tokenizer: Tokenizer;
  readonly #options: ReadingOptions;
  readonly #heldContexts: number;
  #reading: Reading | null = null;
  /** Where training begins, in every epoch: behind the held-out contexts. */
  #begin: CorpusCursor | null = null;
  #furthest: CorpusCursor = corpusStart;

  constructor(corpus: Corpus, tokenizer: Tokenizer, options: ReadingOptions) {
    this.#corpus = corpus;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#heldContexts = Math.ceil(options.heldOut / options.contextLength);
  }

  /** What was read so far. */
  get identity(): CorpusIdentity {
    const { name, sources } = this.#corpus;
    const { documents, hash } = this.#furthest;
    return { name, sources, documents, hash };
  }

  /** Calls `use` with the held-out contexts, batch after batch, and the number of the first. */
  async eachHeldOut(use: (contexts: readonly PackedContext[], first: number) => Promise<void>): Promise<void> {
    let [cursor, done] = [corpusStart, 0];
    const contexts = this.#open(corpusStart);
    try {
      while (done < this.#heldContexts) {
        const batch = await some(contexts, Math.min(this.#options.batch, this.#heldContexts - done));
        if (batch.length === 0) break;
        await use(batch, done);
        done += batch.length;
        cursor = batch.at(-1)!.after;
      }
    } finally {
      await contexts.return(undefined);
    }
    this.#begin = cursor;
  }

  /** Where training begins. */
  async first(): Promise<ContextPlace> {
    if (this.#begin === null) await this.eachHeldOut(async () => {});
    return { epoch: 0, context: this.#heldContexts, cursor: this.#begin! };
  }

  /**
   * Up to `count` contexts from `place` on, at most a batch, and the place after them: at the end of the corpus there are fewer, or none, and the
   * next place begins a new epoch.
   */
  async take(place: ContextPlace, count: number): Promise<{ readonly contexts: readonly PackedContext[]; readonly next: ContextPlace }> {
    const reading = await this.#readingAt(place);
    const contexts = await some(reading.contexts, Math.min(this.#options.batch, count));
    if (contexts.length === 0) {
      await this.close();
      return { contexts, next: { ...(await this.first()), epoch: place.epoch + 1 } };
    }
    const next = { epoch: place.epoch, context: place.context + contexts.length, cursor: contexts.at(-1)!.after };
    if (next.epoch === 0 && next.cursor.documents > this.#furthest.documents) this.#furthest = next.cursor;
    reading.place = next;
    return { contexts, next };
  }

  async close(): Promise<void> {
    await this.#reading?.contexts.return(undefined);
    this.#reading = null;
  }

  /** Kind bad-request: what to say when a whole pass gives nothing to train on. */
  nothing(): LoupeError {
    return new LoupeError('bad-request', `corpus: ${this.#corpus.name} gives no token to train on behind the ${this.#options.heldOut} held-out ones. Give more text, or hold out less.`);
  }

  /** Goes on reading where the last contexts ended, or reads the corpus again up to `place`. */
  async #readingAt(place: ContextPlace): Promise<Reading> {
    const at = this.#reading?.place;
    if (at?.epoch === place.epoch && at.context === place.context) return this.#reading!;
    await this.close();
    return (this.#reading = { contexts: this.#open(place.cursor), place });
  }

  #open(from: CorpusCursor): AsyncGenerator<PackedContext> {
    const { shuffleDocuments, seed, conversations } = this.#options;
    const documents = orderedDocuments(this.#corpus, shuffleDocuments, seed, conversations);
    return conversations === true ? conversationContexts(documents, this.#tokenizer, this.#options, from) : packContexts(documents, this.#tokenizer, this.#options, from);
  }
}

async function some(contexts: AsyncGenerator<PackedContext>, count: number): Promise<PackedContext[]> {
  const taken: PackedContext[] = [];
  while (taken.length < count) {
    const { value, done } = await contexts.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
