/** Which document each row of a store belongs to, as runs: a few bytes a document instead of four a token. */
import type { ActivationStore } from '../store/types.ts';

export class DocumentIndex {
  readonly #starts: Float64Array;
  readonly #documents: Float64Array;

  constructor(starts: readonly number[], documents: readonly number[]) {
    this.#starts = Float64Array.from(starts);
    this.#documents = Float64Array.from(documents);
  }

  /** Reads the documents of all rows once, `batch` contexts at a time. */
  static of(store: ActivationStore, batch = 1024): DocumentIndex {
    const { contexts, contextLength } = store.manifest;
    const starts: number[] = [];
    const documents: number[] = [];
    for (let first = 0; first < contexts; first += batch) {
      const ids = store.documents(first, Math.min(batch, contexts - first));
      for (let i = 0; i < ids.length; i++) {
        if (ids[i] === documents.at(-1)) continue;
        starts.push(first * contextLength + i);
        documents.push(ids[i]!);
      }
    }
    return new DocumentIndex(starts, documents);
  }

  /** The document of a row, by binary search. */
  at(row: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle;
    }
    return this.#documents[low] ?? -1;
  }
}
