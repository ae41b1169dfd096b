/** The sentence encoder that the engine holds: one at a time, loaded when first asked for, freed when nobody asked for a while. */
import { vector } from '../../../shared/schema/tensor.ts';
import { loadBackend } from '../../backend/load.ts';
import { inspectEncoder, loadEncoder } from './load.ts';
import type { SentenceEncoder } from './definition.ts';

/** ms without a question after which the weights are freed. */
const idle = 10 * 60_000;

interface Held {
  readonly folder: string;
  readonly encoder: Promise<SentenceEncoder>;
}

let held: Held | null = null;
let timer: NodeJS.Timeout | undefined;

/** Frees the weights, if any are held. */
export async function releaseEncoder(): Promise<void> {
  const last = held;
  held = null;
  clearTimeout(timer);
  await last?.encoder.then((encoder) => encoder.dispose(), () => {});
}

async function encoderOf(folder: string): Promise<SentenceEncoder> {
  if (held?.folder !== folder) {
    await releaseEncoder();
    held = { folder, encoder: loadBackend().then(() => loadEncoder(folder)) };
    // One that cannot be loaded is not remembered: the folder may be put right.
    held.encoder.catch(() => { held = null; });
  }
  clearTimeout(timer);
  timer = setTimeout(() => void releaseEncoder(), idle).unref();
  return held.encoder;
}

export interface EncodedTexts {
  readonly name: string;
  readonly hash: string;
  readonly dim: number;
  /** float32 [texts * dim]: unit vectors */
  readonly vectors: ReturnType<typeof vector>;
}

/** Unit vectors, float32 [texts, dim], of `texts` by the encoder in `folder`; no texts: what it is alone. Kinds: those of loading. */
export async function encodeTexts(folder: string, texts: readonly string[]): Promise<EncodedTexts> {
  const encoder = await encoderOf(folder);
  return { name: encoder.name, hash: encoder.hash, dim: encoder.dim, vectors: vector(encoder.encode(texts)) };
}

/** What the encoder in `folder` is, without loading it. Kinds: not-found, bad-file, bad-config, unsupported. */
export function describeEncoder(folder: string): { readonly path: string; readonly name: string; readonly dim: number; readonly maxTokens: number } {
  const { path, config, maxTokens } = inspectEncoder(folder);
  return { path, name: config.name, dim: config.dModel, maxTokens };
}
