/**
 * Byte-level BPE learned from a corpus (Sennrich et al. 2015, 1508.07909, on the bytes of GPT-2): the pair that stands most often side by side becomes a
 * token, again and again. Pairs of equal count go by their ids, as in Hugging Face's tokenizers, whose merges these are.
 */
import { byteCharacters } from './bytes.ts';

/** GPT-2's words: a space belongs to the word behind it. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** A text cut as ByteLevel's own pattern cuts it; merges never reach over the cuts. */
export function wordsOf(text: string): string[] {
  return text.match(wordPattern) ?? [];
}

/** The ids of single bytes: their characters by code point, as Hugging Face numbers them. */
const alphabet = [...byteCharacters].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
const idOfByte = byteCharacters.map((character) => alphabet.indexOf(character));

export interface BpeVocabulary {
  /** Token strings in GPT-2's characters; their places are their ids. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

/** A word of the corpus as ids, and how often it stands there. */
interface Word {
  ids: number[];
  readonly count: number;
}

/** Pairs as one number: ids are below 2^24. */
const radix = 2 ** 24;

/** The most frequent first, then the lower pair; an entry whose count is out of date is put back when it comes up. */
class PairQueue {
  readonly #heap: { readonly pair: number; readonly count: number }[] = [];

  push(pair: number, count: number): void {
    const heap = this.#heap;
    heap.push({ pair, count });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): { readonly pair: number; readonly count: number } | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      this.#sink();
    }
    return top;
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let next = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && this.#before(child, next)) next = child;
      if (next === at) return;
      [heap[at], heap[next]] = [heap[next]!, heap[at]!];
      at = next;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    return x.count > y.count || (x.count === y.count && x.pair < y.pair);
  }
}

/** Counts of pairs over all words, and the words that each stands in. */
class PairTable {
  readonly queue = new PairQueue();
  readonly #counts = new Map<number, number>();
  readonly #words = new Map<number, Set<number>>();
  readonly #list: readonly Word[];

  constructor(list: readonly Word[]) {
    this.#list = list;
    list.forEach((word, i) => eachPair(word.ids, (pair) => this.#add(pair, word.count, i)));
    for (const [pair, count] of this.#counts) this.queue.push(pair, count);
  }

  /** The next pair whose count is right, or null when none stands twice. */
  next(): number | null {
    for (let top = this.queue.pop(); top !== undefined; top = this.queue.pop()) {
      const count = this.#counts.get(top.pair) ?? 0;
      if (count === top.count) return count >= 2 ? top.pair : null;
      if (count > 0) this.queue.push(top.pair, count);
    }
    return null;
  }

  /** Puts `id` in the place of the pair in every word. */
  merge(pair: number, id: number): void {
    const made = new Set<number>();
    for (const i of this.#words.get(pair) ?? []) {
      const word = this.#list[i]!;
      eachPair(word.ids, (old) => this.#add(old, -word.count, null));
      word.ids = merged(word.ids, Math.floor(pair / radix), pair % radix, id);
      eachPair(word.ids, (now) => {
        this.#add(now, word.count, i);
        if (Math.floor(now / radix) === id || now % radix === id) made.add(now);
      });
    }
    this.#counts.delete(pair);
    this.#words.delete(pair);
    for (const now of made) if (now !== pair) this.queue.push(now, this.#counts.get(now)!);
  }

  #add(pair: number, count: number, word: number | null): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + count);
    if (word === null) return;
    const known = this.#words.get(pair);
    if (known === undefined) this.#words.set(pair, new Set([word]));
    else known.add(word);
  }
}

function eachPair(ids: readonly number[], use: (pair: number) => void): void {
  for (let i = 1; i < ids.length; i++) use(ids[i - 1]! * radix + ids[i]!);
}

function merged(ids: readonly number[], left: number, right: number, id: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === left && ids[i + 1] === right) {
      out.push(id);
      i++;
    } else out.push(ids[i]!);
  }
  return out;
}

/** Learns from words with their counts until there are `size` tokens (at least the 256 bytes), or no pair stands twice. */
export function trainBpe(words: ReadonlyMap<string, number>, size: number): BpeVocabulary {
  const list = [...words].map(([word, count]): Word => ({ ids: Array.from(Buffer.from(word, 'utf8'), (byte) => idOfByte[byte]!), count }));
  const table = new PairTable(list);
  const tokens = [...alphabet];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const pair = table.next();
    if (pair === null) break;
    const [left, right] = [tokens[Math.floor(pair / radix)]!, tokens[pair % radix]!];
    // Two pairs can spell one token: a + bc, and ab + c.
    const id = ids.get(left + right) ?? tokens.push(left + right) - 1;
    ids.set(left + right, id);
    merges.push([left, right]);
    table.merge(pair, id);
  }
  return { tokens, merges };
}
