/** The tiny models of tests/parity/lm_reference.py and what transformers and TransformerLens make of them. */
import { fileURLToPath } from 'node:url';
import { openSafetensors, type SafetensorsFile } from '../../src/engine/formats/safetensors.ts';

export const fixtureModels = [
  'gpt2', 'llama-gqa-untied', 'llama-tied-llama3', 'llama-linear-wide-heads', 'gpt-neox-parallel', 'gpt-neox-sequential', 'qwen2', 'qwen3', 'mistral', 'gemma2',
] as const;
export type FixtureModel = (typeof fixtureModels)[number];

export function fixtureFolder(name: FixtureModel): string {
  return fileURLToPath(new URL(`../parity/fixtures/lm/${name}`, import.meta.url));
}

export const referenceShape = { batch: 2, length: 10 } as const;

export interface Reference {
  readonly file: SafetensorsFile;
  /** int32 [2 * 10] */
  readonly tokens: Int32Array;
  /** float32 [2 * 10 * 67], by transformers */
  readonly logits: Float32Array;
  /** Names of the values by TransformerLens. */
  readonly hooks: readonly string[];
}

export function readReference(folder: string): Reference {
  const file = openSafetensors(`${folder}/reference.safetensors`);
  return {
    file, tokens: file.readInt32('tokens'), logits: file.readFloat32('logits'),
    hooks: [...file.entries.keys()].filter((name) => name !== 'tokens' && name !== 'logits'),
  };
}

/** The largest |a - b|; equal values, infinities among them, differ by 0. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i] === b[i] ? 0 : Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
