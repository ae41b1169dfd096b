/** The marked features of the open source: one set for the window. It outlives sorting, filtering and paging, and ends with its source. */
import { Marks } from './marks.ts';

class Marked {
  readonly #marks = new Marks();
  /** Rises with every change: rows that read `has` are looked at again, and each costs one lookup. */
  #version = $state(0);
  #owner = '';

  readonly size = $derived.by(() => (this.#version, this.#marks.size));

  /** Whose features these are: another catalog or source starts without any. */
  belongTo(owner: string): void {
    if (owner === this.#owner) return;
    this.#owner = owner;
    this.clear();
  }

  has(index: number): boolean {
    return this.#version >= 0 && this.#marks.has(index);
  }

  /** int32 [marked], rising. */
  indices(): Int32Array {
    return this.#version >= 0 ? this.#marks.indices() : new Int32Array(0);
  }

  /** The feature that an extension starts from, and the one at its other end; not tracked. */
  get anchor(): number | null {
    return this.#marks.anchor;
  }

  get head(): number | null {
    return this.#marks.head;
  }

  /** The next extension starts at the feature that was opened. */
  startFrom(index: number): void {
    this.#marks.startFrom(index);
  }

  toggle(index: number): void {
    this.#marks.toggle(index);
    this.#version++;
  }

  extend(run: ArrayLike<number>): void {
    this.#marks.extend(run);
    this.#version++;
  }

  add(indices: ArrayLike<number>): void {
    this.#marks.add(indices);
    this.#version++;
  }

  clear(): void {
    this.#marks.clear();
    this.#version++;
  }
}

export const marked = new Marked();
