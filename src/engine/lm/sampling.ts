/** Choosing the next token. */
import type { Random } from '../random.ts';

/** Index of the largest of logits float32 [vocab]; the first of equals. */
export function argMax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** softmax(logits / temperature) of float32 [vocab], as float64 [vocab]. */
function probabilities(logits: Float32Array, temperature: number): Float64Array {
  const largest = logits[argMax(logits)]!;
  const p = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < p.length; i++) total += p[i] = Math.exp((logits[i]! - largest) / temperature);
  for (let i = 0; i < p.length; i++) p[i]! /= total;
  return p;
}

/**
 * Draws from the smallest set of tokens whose probability reaches `topP` (Holtzman et al. 2019, 1904.09751, section 3.1).
 * logits float32 [vocab]; temperature 0 takes the largest and draws nothing.
 */
export function sampleToken(logits: Float32Array, temperature: number, topP: number, random: Random): number {
  if (temperature === 0) return argMax(logits);
  const p = probabilities(logits, temperature);
  if (topP >= 1) return draw(p, null, p.length, 1, random);
  const order = Uint32Array.from(p.keys()).sort((a, b) => p[b]! - p[a]! || a - b);
  let mass = 0;
  let count = 0;
  while (count < order.length && mass < topP) mass += p[order[count++]!]!;
  return draw(p, order, count, mass, random);
}

/** One of the first `count` tokens in `order`; null for the order of their ids. */
function draw(p: Float64Array, order: Uint32Array | null, count: number, mass: number, random: Random): number {
  let left = random.uniform() * mass;
  for (let i = 0; i < count; i++) {
    const id = order === null ? i : order[i]!;
    left -= p[id]!;
    if (left < 0) return id;
  }
  return order === null ? count - 1 : order[count - 1]!;
}
