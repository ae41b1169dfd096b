/** Rows of training data with what belongs to them: an activation, and perhaps a target and a gradient, kept in step. */

export const partNames = ['x', 'y', 'gradient'] as const;
export type PartName = (typeof partNames)[number];

/** Numbers a row of each part that there is. */
export type Widths = Readonly<{ x: number; y?: number; gradient?: number }>;

/** float32 [rows, width] for each part. */
export type RowParts = Readonly<{ x: Float32Array; y?: Float32Array; gradient?: Float32Array }>;

/** One array a part, made by `make`. */
export function eachPart(widths: Widths, make: (name: PartName, width: number) => Float32Array): RowParts {
  const parts: { [name in PartName]?: Float32Array } = {};
  for (const name of partNames) {
    const width = widths[name];
    if (width !== undefined) parts[name] = make(name, width);
  }
  return parts as RowParts;
}

/** Zeros, float32 [rows, width] for each part. */
export function emptyParts(widths: Widths, rows: number): RowParts {
  return eachPart(widths, (_name, width) => new Float32Array(rows * width));
}

/** Copies `count` rows of `source` from row `from` on to row `to` of `target`, part by part: float32 [rows, width] each. */
export function copyRows(widths: Widths, source: RowParts, from: number, count: number, target: RowParts, to: number): void {
  for (const name of partNames) {
    const width = widths[name];
    if (width !== undefined) target[name]!.set(source[name]!.subarray(from * width, (from + count) * width), to * width);
  }
}

/** Rows [first, end) in the memory of `source`, float32 [end - first, width] for each part. */
export function sliceRows(widths: Widths, source: RowParts, first: number, end: number): RowParts {
  return eachPart(widths, (name, width) => source[name]!.subarray(first * width, end * width));
}

/** Rows `order`, float32 [order.length, width] for each part. */
export function gatherRows(widths: Widths, source: RowParts, order: ArrayLike<number>): RowParts {
  const out = emptyParts(widths, order.length);
  for (let i = 0; i < order.length; i++) copyRows(widths, source, order[i]!, 1, out, i);
  return out;
}

/** Parts one under the other, float32 [sum of rows, width] each. */
export function stackRows(widths: Widths, pieces: readonly RowParts[]): RowParts {
  return eachPart(widths, (name) => {
    const out = new Float32Array(pieces.reduce((sum, piece) => sum + piece[name]!.length, 0));
    let at = 0;
    for (const piece of pieces) {
      out.set(piece[name]!, at);
      at += piece[name]!.length;
    }
    return out;
  });
}

/** Values of several hooks side by side: float32 [rows, sum of widths] from float32 [rows, width] each. */
export function sideBySide(columns: readonly Float32Array[], rows: number): Float32Array {
  if (columns.length === 1) return columns[0]!;
  const widths = columns.map((column) => column.length / rows);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float32Array(rows * total);
  for (let row = 0; row < rows; row++) {
    let at = row * total;
    columns.forEach((column, i) => {
      const width = widths[i]!;
      out.set(column.subarray(row * width, (row + 1) * width), at);
      at += width;
    });
  }
  return out;
}
