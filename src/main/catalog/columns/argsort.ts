/** Sorting by a whole column: 131,072 doubles in a few ms, where a comparator takes ten times as long. */

const digitBits = 16;
const buckets = 1 << digitBits;
/** Below this, filling the buckets costs more than comparing. */
const fewest = 4096;

/** int32 [n]: 0, 1, 2... (`Int32Array.from` takes twenty times as long.) */
export function places(n: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  return out;
}

/**
 * Bits of doubles as two uint32 [n] each that rise with the value: negatives are turned over, positives moved above them. -0 counts as 0.
 */
function sortableBits(values: Float64Array, at: Int32Array): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(at.length);
  const high = new Uint32Array(at.length);
  const one = new Float64Array(1);
  const words = new Uint32Array(one.buffer);
  for (let i = 0; i < at.length; i++) {
    one[0] = values[at[i]!]! + 0;
    const negative = words[1]! >>> 31 === 1;
    low[i] = negative ? ~words[0]! : words[0]!;
    high[i] = negative ? ~words[1]! : words[1]! | 0x80000000;
  }
  return { low, high };
}

/** One pass of a stable radix sort: `order` by 16 bits of `keys` into `out`. False when all keys agree in these bits: nothing is moved. */
function pass(keys: Uint32Array, shift: number, order: Int32Array, out: Int32Array, counts: Uint32Array): boolean {
  counts.fill(0);
  for (let i = 0; i < keys.length; i++) counts[(keys[i]! >>> shift) & (buckets - 1)]!++;
  if (counts[(keys[0]! >>> shift) & (buckets - 1)] === keys.length) return false;
  for (let i = 0, sum = 0; i < buckets; i++) {
    const n = counts[i]!;
    counts[i] = sum;
    sum += n;
  }
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!;
    out[counts[(keys[at]! >>> shift) & (buckets - 1)]!++] = at;
  }
  return true;
}

function byRadix(values: Float64Array, numbers: Int32Array): Int32Array {
  const { low, high } = sortableBits(values, numbers);
  const counts = new Uint32Array(buckets);
  let order = places(numbers.length);
  let spare = new Int32Array(numbers.length);
  for (const [keys, shift] of [[low, 0], [low, digitBits], [high, 0], [high, digitBits]] as const) {
    if (pass(keys, shift, order, spare, counts)) [order, spare] = [spare, order];
  }
  for (let i = 0; i < order.length; i++) spare[i] = numbers[order[i]!]!;
  return spare;
}

/** int32 [values that are numbers]: their places in the order of rising value; equal ones keep their order, NaN is left out. */
export function argsort(values: Float64Array): Int32Array {
  const all = new Int32Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) all[n++] = i;
  const numbers = all.subarray(0, n);
  return n < fewest ? numbers.slice().sort((a, b) => values[a]! - values[b]! || a - b) : byRadix(values, numbers);
}
