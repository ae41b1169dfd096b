/** The window of a context around the peak of an example. */

export interface Window {
  readonly context: number;
  /** Position in the context of the first token. */
  readonly start: number;
  readonly length: number;
  readonly peak: number;
}

/** `width` tokens around a row: half of them before it, moved to stay inside the context, all of it when that is shorter. */
export function windowAround(row: number, contextLength: number, width: number): Window {
  const context = Math.floor(row / contextLength);
  const peak = row - context * contextLength;
  const length = Math.min(width, contextLength);
  const start = Math.min(Math.max(0, peak - Math.floor(length / 2)), contextLength - length);
  return { context, start, length, peak };
}

/** First place in `rows` (rising) that is at least `row`. */
function lowerBound(rows: Int32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Writes the feature's activations in a window into `out`, float32 [window.length], which must be 0. `rows` rise. */
export function fillWindow(window: Window, contextLength: number, rows: Int32Array, values: Float32Array, out: Float32Array): void {
  const first = window.context * contextLength + window.start;
  for (let i = lowerBound(rows, first); i < rows.length && rows[i]! < first + window.length; i++) out[rows[i]! - first] = values[i]!;
}
