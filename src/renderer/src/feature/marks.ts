/**
 * Features that are marked, for something that is done with all of them: a set beside the one feature that is open. Extending goes from
 * an anchor, as in a list of files. A step takes as long as the rows that it changes, however many are marked. Pure.
 */

export class Marks {
  readonly #marked = new Set<number>();
  /** Where the next extension starts and where the last one ended: features, not places, since the order may change between. */
  #anchor: number | null = null;
  #head: number | null = null;
  /** What the last extension added: the next one from the same anchor takes it back before it adds its own. */
  #extension: readonly number[] = [];

  get size(): number {
    return this.#marked.size;
  }

  /** The feature that an extension starts from; null when there is none. */
  get anchor(): number | null {
    return this.#anchor;
  }

  /** The feature at the other end, from which an extension by a key walks on. */
  get head(): number | null {
    return this.#head;
  }

  has(index: number): boolean {
    return this.#marked.has(index);
  }

  /** int32 [marked], rising. */
  indices(): Int32Array {
    return Int32Array.from(this.#marked).sort();
  }

  /** The next extension starts here. Nothing is marked by it. */
  startFrom(index: number): void {
    this.#anchor = index;
    this.#head = index;
    this.#extension = [];
  }

  /** Marks a feature, or takes its mark away. */
  toggle(index: number): void {
    if (!this.#marked.delete(index)) this.#marked.add(index);
    this.startFrom(index);
  }

  /** Marks a run of rows, from the anchor to the new head; another run from the same anchor takes its place. */
  extend(run: ArrayLike<number>): void {
    if (run.length === 0) return;
    if (run[0] === this.#anchor) for (const index of this.#extension) this.#marked.delete(index);
    this.startFrom(run[0]!);
    this.#head = run[run.length - 1]!;
    this.#extension = this.#addNew(run);
  }

  /** Marks these as well. */
  add(indices: ArrayLike<number>): void {
    this.#addNew(indices);
    this.#extension = [];
  }

  clear(): void {
    this.#marked.clear();
    this.#anchor = null;
    this.#head = null;
    this.#extension = [];
  }

  /** Those that were not marked before. */
  #addNew(indices: ArrayLike<number>): number[] {
    const added: number[] = [];
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      if (this.#marked.has(index)) continue;
      this.#marked.add(index);
      added.push(index);
    }
    return added;
  }
}
