/** Token ids as text, from the catalog's own vocabulary. */
import { vocabularyEntry } from './tables/models.ts';
import type { VocabularyEntry } from './tables/models.ts';
import type { ReadHandle } from './handle.ts';

const unknown = (token: number): VocabularyEntry => ({ text: `[${token}]`, special: false });

/** The vocabulary of one model, read as it is needed and kept: it has at most as many entries as the model has tokens. */
export class Vocabulary {
  readonly #db: ReadHandle;
  readonly #model: number;
  readonly #entries = new Map<number, VocabularyEntry>();

  constructor(db: ReadHandle, model: number) {
    this.#db = db;
    this.#model = model;
  }

  entry(token: number): VocabularyEntry {
    let entry = this.#entries.get(token);
    if (entry === undefined) this.#entries.set(token, entry = vocabularyEntry(this.#db, this.#model, token) ?? unknown(token));
    return entry;
  }

  text(token: number): string {
    return this.entry(token).text;
  }

  /** The plain text of a context, special tokens left out: what is indexed and searched. */
  plainText(tokens: Int32Array): string {
    let out = '';
    for (const token of tokens) {
      const entry = this.entry(token);
      out += entry.special ? ' ' : entry.text;
    }
    return joinBytes(out);
  }
}

const cached = new WeakMap<ReadHandle, Map<number, Vocabulary>>();

export function vocabularyOf(db: ReadHandle, model: number): Vocabulary {
  let byModel = cached.get(db);
  if (byModel === undefined) cached.set(db, byModel = new Map());
  let found = byModel.get(model);
  if (found === undefined) byModel.set(model, found = new Vocabulary(db, model));
  return found;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** `\xE2\x80\x93`, a character split over tokens, as the character; bytes that are no text stay as they are. */
export function joinBytes(text: string): string {
  return text.replace(/(?:\\x[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decoder.decode(Uint8Array.from(run.slice(2).split('\\x'), (hex) => Number.parseInt(hex, 16)));
    } catch {
      return run;
    }
  });
}
