/** Experts of one layer as bits: 32 KiB for the 262,144 of Monet at s = 512. Pair (i, j) of Monet is expert i * s + j. */
import { LoupeError } from '../../../shared/errors.ts';

export class ExpertSet {
  /** Experts of the layer. */
  readonly experts: number;
  /** Bit e % 8, counted from the lowest, of byte e / 8 is expert e. */
  readonly bytes: Uint8Array;

  /** Kind mismatch where the bytes are not those of so many experts, or bits behind the last expert are set. */
  constructor(experts: number, bytes: Uint8Array = new Uint8Array(Math.ceil(experts / 8))) {
    if (bytes.length !== Math.ceil(experts / 8)) throw new LoupeError('mismatch', `the set has ${bytes.length} bytes: ${experts} experts take ${Math.ceil(experts / 8)}`);
    if (experts % 8 !== 0 && bytes.at(-1)! >> (experts % 8) !== 0) throw new LoupeError('mismatch', `the set names experts behind the last of ${experts}`);
    this.experts = experts;
    this.bytes = bytes;
  }

  /** Kind bad-request for a number that is no expert. */
  static of(experts: number, members: Iterable<number>): ExpertSet {
    const set = new ExpertSet(experts);
    for (const expert of members) set.add(expert);
    return set;
  }

  #checked(expert: number): number {
    if (Number.isInteger(expert) && expert >= 0 && expert < this.experts) return expert;
    throw new LoupeError('bad-request', `expert is ${expert}: the layer has experts 0 to ${this.experts - 1}`);
  }

  has(expert: number): boolean {
    return ((this.bytes[this.#checked(expert) >> 3]! >> (expert & 7)) & 1) === 1;
  }

  add(expert: number): this {
    this.bytes[this.#checked(expert) >> 3]! |= 1 << (expert & 7);
    return this;
  }

  remove(expert: number): this {
    this.bytes[this.#checked(expert) >> 3]! &= ~(1 << (expert & 7));
    return this;
  }

  /** Members. */
  get size(): number {
    let size = 0;
    for (const byte of this.bytes) for (let bits = byte; bits > 0; bits >>= 1) size += bits & 1;
    return size;
  }

  /** Members, rising. */
  *[Symbol.iterator](): Generator<number> {
    for (let expert = 0; expert < this.experts; expert++) if (((this.bytes[expert >> 3]! >> (expert & 7)) & 1) === 1) yield expert;
  }
}
