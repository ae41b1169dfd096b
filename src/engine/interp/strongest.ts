/** The k largest of a stream of values; ties go to the id that was offered first. */
export class Strongest {
  readonly ids: Int32Array;
  readonly values: Float32Array;
  /** A value that is not above this is not among the k largest: a loop can ask before it offers. */
  bound = -Infinity;
  #size = 0;

  constructor(k: number) {
    this.ids = new Int32Array(k);
    this.values = new Float32Array(k).fill(-Infinity);
  }

  get size(): number {
    return this.#size;
  }

  offer(id: number, value: number): void {
    const k = this.ids.length;
    if (k === 0 || (this.#size === k && !(value > this.bound))) return;
    let place = this.#size < k ? this.#size++ : k - 1;
    for (; place > 0 && this.values[place - 1]! < value; place--) {
      this.ids[place] = this.ids[place - 1]!;
      this.values[place] = this.values[place - 1]!;
    }
    this.ids[place] = id;
    this.values[place] = value;
    if (this.#size === k) this.bound = this.values[k - 1]!;
  }
}
