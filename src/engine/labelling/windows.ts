/** Windows of text with a feature's activations: what explainers read and judges answer about. */

import type { Words } from './lexicon.ts';

/** Tokens of a window; the peak stands at about three quarters of it, as in the published pipeline. A set of places fits one 32-bit word. */
export const windowTokens = 32;
const beforePeak = 23;
/** Tokens from this share of a window's maximum on count as active: strictly above for explainers, at least it for scorers (F.3, F.7). */
export const activeShare = 0.3;

export interface Window extends Words {
  /** int32 [n], n <= 32; `forms` and `classes` are those of these tokens. */
  readonly tokens: Int32Array;
  /** float32 [n]; all 0 in a window without the feature. */
  readonly activations: Float32Array;
  readonly context: number;
  /** Position of the first token in its context. */
  readonly start: number;
  /** Fifth of (0, max] of the feature in which its strongest activation lies, 5 the highest; 0 where it does not fire. */
  readonly interval: number;
}

/** The places of a window of `length` tokens around `peak`, inside [low, high): first and one past the last. */
export function windowBounds(peak: number, low: number, high: number): readonly [number, number] {
  const start = Math.max(low, Math.min(peak - beforePeak, high - windowTokens));
  return [start, Math.min(high, start + windowTokens)];
}

export function largest(values: Float32Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

/** Which places are active: bit i set where the activation is above (or at, with `inclusive`) 0.3 of the window's maximum. */
export function activeMask({ activations }: Window, inclusive = true): number {
  const limit = activeShare * largest(activations);
  let mask = 0;
  for (let i = 0; i < activations.length; i++) {
    const value = activations[i]!;
    if (value > 0 && (inclusive ? value >= limit : value > limit)) mask |= 1 << i;
  }
  return mask >>> 0;
}

/** Bits that are set. */
export function bitCount(mask: number): number {
  let n = mask - ((mask >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Hashes of all runs of `n` tokens of a window; one that is shorter has one of all its tokens. */
export function gramHashes(tokens: Int32Array, n = 8): number[] {
  const hashes: number[] = [];
  for (let first = 0; first === 0 || first + n <= tokens.length; first++) {
    let hash = 0x811c9dc5;
    for (let i = first; i < Math.min(tokens.length, first + n); i++) hash = Math.imul(hash ^ tokens[i]!, 0x01000193) ^ (hash >>> 15);
    hashes.push(hash >>> 0);
  }
  return hashes;
}

/** A window of `tokens` [start, end), without the feature: its activations are 0. `words` are those of all tokens. */
export function silentWindow(tokens: Int32Array, words: Words, context: number, start: number, end: number): Window {
  const part = tokens.subarray(start, end);
  return { tokens: part, forms: words.forms.subarray(start, end), classes: words.classes.subarray(start, end), activations: new Float32Array(part.length), context, start, interval: 0 };
}

/** The windows of `candidates` that share no run of 8 tokens with `against` (F.7): near-duplicate text would be scored on what explained it. */
export function withoutDuplicates(candidates: readonly Window[], against: readonly Window[]): Window[] {
  const seen = new Set(against.flatMap(({ tokens }) => gramHashes(tokens)));
  return candidates.filter(({ tokens }) => !gramHashes(tokens).some((hash) => seen.has(hash)));
}
