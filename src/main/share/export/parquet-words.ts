/** The words of a Parquet column of lists: their places in a row group's dictionary, by code or by text. */

/** Words as codes, `codes` from `from` to `to`; `text` says what a code stands for, and is one function for all rows whose codes mean the same. */
export interface Coded {
  readonly codes: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly text: (code: number) => string;
}

/** Codes below this have a place in a table, the others only in a map: a file from elsewhere may hold any number. */
const tableCodes = 1 << 20;

/** The distinct texts of a column, each encoded once for the file, and those of them that the row group uses, in the order in which they came. */
export class Dictionary {
  /** Numbers of the row group's texts. */
  readonly used: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #bytes: Buffer[] = [];
  /** Place in the row group by number, -1 for none. */
  #places = new Int32Array(0);
  /** Place in the row group by code: what a million lookups take. */
  #direct = new Int32Array(0);
  /** Number by code: what stays from group to group. */
  readonly #known = new Map<number, number>();
  #meaning: Coded['text'] | null = null;

  bytes(number: number): Buffer {
    return this.#bytes[number]!;
  }

  placeOf(text: string): number {
    return this.#use(this.#numberOf(text));
  }

  /** Writes the places of codes into `out` from `at`. */
  placesOf({ codes, from, to, text }: Coded, out: Int32Array, at: number): void {
    if (text !== this.#meaning) this.#forget(text);
    let direct = this.#direct;
    for (let i = from; i < to; i++) {
      const code = codes[i]!;
      // Codes below 0 stand for placeholders: 0, -1, 1, -2, 2, ... lie in turn.
      const key = (code << 1) ^ (code >> 31);
      let place = key < direct.length && code < tableCodes && code >= -tableCodes ? direct[key]! : -1;
      if (place < 0) {
        place = this.#newPlace(code, text);
        direct = this.#direct;
      }
      out[at++] = place;
    }
  }

  /** The next row group begins. */
  clear(): void {
    for (const number of this.used) this.#places[number] = -1;
    this.used.length = 0;
    this.#direct.fill(-1);
  }

  #numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      this.#numbers.set(text, number = this.#bytes.push(Buffer.from(text.toWellFormed(), 'utf8')) - 1);
      if (number >= this.#places.length) this.#places = grown(this.#places, number);
    }
    return number;
  }

  #use(number: number): number {
    let place = this.#places[number]!;
    if (place < 0) this.#places[number] = place = this.used.push(number) - 1;
    return place;
  }

  #forget(meaning: Coded['text']): void {
    this.#meaning = meaning;
    this.#direct.fill(-1);
    this.#known.clear();
  }

  #newPlace(code: number, text: Coded['text']): number {
    let number = this.#known.get(code);
    if (number === undefined) this.#known.set(code, number = this.#numberOf(text(code)));
    const place = this.#use(number);
    if (code < tableCodes && code >= -tableCodes) {
      const key = (code << 1) ^ (code >> 31);
      if (key >= this.#direct.length) this.#direct = grown(this.#direct, key);
      this.#direct[key] = place;
    }
    return place;
  }
}

/** `table` with room for `key`, -1 where it is new. */
function grown(table: Int32Array, key: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(Math.max(2 * table.length, key + 1)).fill(-1);
  out.set(table);
  return out;
}
