/** Tokens of an import: the rows have texts alone, so each text gets an id in the order in which it comes up. */
import type { WriteHandle } from '../../catalog/handle.ts';
import { addVocabularyEntry } from '../../catalog/tables/models.ts';
import { joinBytes } from '../../catalog/vocabulary.ts';

/** Fills contexts that are shorter than the longest; never shown inside an example. */
export const padding = 0;

/** What is written as special tokens are: `<|endoftext|>`, `<bos>`, `<s>`. */
const special = /^(?:<[|｜][^\s<>]*[|｜]>|<\/?(?:bos|eos|pad|unk|s|cls|sep|mask)>|\[(?:BOS|EOS|PAD|UNK|CLS|SEP|MASK)\])$/;

export class ImportedWords {
  readonly #ids = new Map<string, number>([['<|padding|>', padding]]);

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) this.#ids.set(text, id = this.#ids.size);
    return id;
  }

  knows(id: number): boolean {
    return id >= 0 && id < this.#ids.size;
  }

  /** What is indexed and searched: special tokens left out. */
  plainText(texts: readonly string[]): string {
    return joinBytes(texts.map((text) => (special.test(text) ? ' ' : text)).join(''));
  }

  write(db: WriteHandle, model: number): void {
    for (const [text, id] of this.#ids) addVocabularyEntry(db, model, id, { text, special: special.test(text) });
  }
}
