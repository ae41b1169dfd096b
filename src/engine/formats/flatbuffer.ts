/**
 * The few parts of FlatBuffers that Arrow's metadata needs: tables, scalars, strings, vectors. Every read is bounded by the
 * buffer (a DataView throws RangeError), and a vector cannot claim more elements than the buffer has bytes.
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  /** The table at byte `at`; without it, the root of the buffer. */
  constructor(view: DataView, at: number = view.getUint32(0, true)) {
    this.#view = view;
    this.#at = at;
  }

  byte(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.#view.getUint8(at);
  }

  short(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.#view.getInt16(at, true);
  }

  int(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.#view.getInt32(at, true);
  }

  /** A 64-bit number; NaN where it is larger than a safe integer. */
  long(field: number): number {
    const at = this.#field(field);
    return at === null ? 0 : safe(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | null {
    const at = this.#field(field);
    return at === null ? null : new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  text(field: number): string {
    const at = this.#field(field);
    if (at === null) return '';
    const start = at + this.#view.getUint32(at, true);
    const length = this.#view.getUint32(start, true);
    if (start + 4 + length > this.#view.byteLength) throw new RangeError('a string ends outside the buffer');
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start + 4, length));
  }

  tables(field: number): FlatTable[] {
    const { start, count } = this.#vector(field, 4);
    return Array.from({ length: count }, (_, i) => new FlatTable(this.#view, start + 4 * i + this.#view.getUint32(start + 4 * i, true)));
  }

  /** A vector of structs of two 64-bit numbers each. */
  pairs(field: number): (readonly [number, number])[] {
    const { start, count } = this.#vector(field, 16);
    const long = (at: number): number => safe(this.#view.getBigInt64(at, true));
    return Array.from({ length: count }, (_, i) => [long(start + 16 * i), long(start + 16 * i + 8)] as const);
  }

  #field(field: number): number | null {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const place = 4 + 2 * field;
    if (place >= this.#view.getUint16(vtable, true)) return null;
    const offset = this.#view.getUint16(vtable + place, true);
    return offset === 0 ? null : this.#at + offset;
  }

  #vector(field: number, width: number): { readonly start: number; readonly count: number } {
    const at = this.#field(field);
    if (at === null) return { start: 0, count: 0 };
    const head = at + this.#view.getUint32(at, true);
    const count = this.#view.getUint32(head, true);
    if (head + 4 + count * width > this.#view.byteLength) throw new RangeError('a vector ends outside the buffer');
    return { start: head + 4, count };
  }
}

function safe(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : NaN;
}
