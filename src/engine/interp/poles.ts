/** The firings of a feature by sign. Most dictionaries only fire above 0: then nothing is copied. */

/** Firings of one sign: their rows, and their activations without the sign. */
export interface Pole {
  /** int32 [firings] */
  readonly rows: Int32Array;
  /** float32 [firings], all positive */
  readonly sizes: Float32Array;
}

export interface Poles {
  readonly above: Pole;
  /** Null where no firing is below 0. */
  readonly below: Pole | null;
}

/** `rows` int32 [firings] and `values` float32 [firings], none of them 0, by sign; the order is kept. */
export function polesOf(rows: Int32Array, values: Float32Array): Poles {
  let negative = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! < 0) negative++;
  if (negative === 0) return { above: { rows, sizes: values }, below: null };
  const make = (n: number): Pole => ({ rows: new Int32Array(n), sizes: new Float32Array(n) });
  const [above, below] = [make(values.length - negative), make(negative)];
  let [a, b] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const [pole, at] = values[i]! < 0 ? [below, b++] : [above, a++];
    pole.rows[at] = rows[i]!;
    pole.sizes[at] = Math.abs(values[i]!);
  }
  return { above, below };
}
