/** Which experts of a Monet layer are purged: one bit for each of s^2 pairs, 32 KiB at s = 512. */
import { LoupeError } from '../../../../shared/errors.ts';

export class ExpertMask {
  readonly s: number;
  /** Bit p % 8, counted from the lowest, of byte p / 8 is pair p = i * s + j; 1: purged. */
  readonly bytes: Uint8Array;

  constructor(s: number, bytes: Uint8Array = new Uint8Array(Math.ceil((s * s) / 8))) {
    if (bytes.length !== Math.ceil((s * s) / 8)) throw new LoupeError('mismatch', `the mask has ${bytes.length} bytes: s = ${s} takes ${Math.ceil((s * s) / 8)}`);
    this.s = s;
    this.bytes = bytes;
  }

  #pair(i: number, j: number): number {
    for (const [name, value] of Object.entries({ i, j })) {
      if (!Number.isInteger(value) || value < 0 || value >= this.s) throw new LoupeError('bad-request', `${name} is ${value}: sub-experts are 0 to ${this.s - 1}`);
    }
    return i * this.s + j;
  }

  has(i: number, j: number): boolean {
    const pair = this.#pair(i, j);
    return ((this.bytes[pair >> 3]! >> (pair & 7)) & 1) === 1;
  }

  purge(i: number, j: number): this {
    const pair = this.#pair(i, j);
    this.bytes[pair >> 3]! |= 1 << (pair & 7);
    return this;
  }

  restore(i: number, j: number): this {
    const pair = this.#pair(i, j);
    this.bytes[pair >> 3]! &= ~(1 << (pair & 7));
    return this;
  }

  /** Experts that are purged. */
  get count(): number {
    let count = 0;
    for (const byte of this.bytes) for (let bits = byte; bits > 0; bits >>= 1) count += bits & 1;
    return count;
  }

  /** 1 where an expert stays, 0 where it is purged, [s * s]: what the layers multiply by. Kind bad-request where none stays. */
  keep(): Float32Array {
    if (this.count === this.s * this.s) throw new LoupeError('bad-request', `the purge takes all ${this.s * this.s} experts of the layer: leave at least one`);
    const kept = new Float32Array(this.s * this.s);
    for (let pair = 0; pair < kept.length; pair++) kept[pair] = 1 - ((this.bytes[pair >> 3]! >> (pair & 7)) & 1);
    return kept;
  }
}
