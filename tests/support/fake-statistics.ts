/** A store, a dictionary and a tokenizer made of seeded numbers, for tests and benches of the statistics pass. */
import type * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../src/engine/random.ts';
import type { Dictionary, SparseCodes } from '../../src/engine/sae/dictionary.ts';
import type { ActivationStore, ModelIdentity, StoreManifest } from '../../src/engine/store/types.ts';

export interface FakeSizes {
  readonly contexts: number;
  readonly contextLength: number;
  readonly dIn: number;
  readonly dSae: number;
  readonly k: number;
  readonly vocab: number;
  readonly seed?: number;
}

export const hook = 'blocks.1.hook_resid_post';
export const identity: ModelIdentity = { name: 'fake', family: 'llama', dModel: 0, layers: 2, hash: 'model-hash', tokenizerHash: 'tokenizer-hash' };
export const endToken = 0;

function manifestOf(sizes: FakeSizes): StoreManifest {
  return {
    format: 'loupe-activations', version: 1, model: { ...identity, dModel: sizes.dIn }, corpus: { name: 'fake corpus', documents: 0, hash: 'corpus-hash', sources: [] },
    hooks: [{ name: hook, d: sizes.dIn }], dtype: 'float32', contextLength: sizes.contextLength, contexts: sizes.contexts, prependBos: false, isolate: false,
    specialTokenIds: [endToken], seed: sizes.seed ?? 0, shards: [], complete: true, codeVersion: 'test', backend: 'cpu',
  };
}

/** Documents of 5 to 24 tokens, an end token after each; activations are normal numbers. Everything depends on place and seed alone. */
export function fakeStore(sizes: FakeSizes): ActivationStore {
  const { contexts, contextLength, dIn, vocab, seed = 0 } = sizes;
  const rows = contexts * contextLength;
  const random = Random.from(seed, 'fake-store');
  const tokens = new Int32Array(rows);
  const documents = new Int32Array(rows);
  for (let row = 0, document = 0, left = 5 + random.integer(20); row < rows; row++) {
    documents[row] = document;
    tokens[row] = left === 0 ? endToken : 1 + random.integer(vocab - 1);
    if (left-- === 0) [document, left] = [document + 1, 5 + random.integer(20)];
  }
  const of = (array: Int32Array) => (first: number, count: number): Int32Array => array.slice(first * contextLength, (first + count) * contextLength);
  return {
    folder: 'fake', manifest: manifestOf(sizes), tokens: of(tokens), documents: of(documents),
    mask: (first, count) => Uint8Array.from({ length: count * contextLength }, (_, i) => (i % contextLength === 0 || tokens[first * contextLength + i] === endToken ? 0 : 1)),
    activations: (_hook, first, count) => {
      const out = new Float32Array(count * contextLength * dIn);
      for (let c = 0; c < count; c++) out.set(Random.from(seed, `context/${first + c}`).normals(contextLength * dIn), c * contextLength * dIn);
      return out;
    },
    close: () => {},
  };
}

/** Codes drawn from a generator seeded by each row's own bits: k latents a row, values above 0. `never` latents are never drawn. */
export function fakeDictionary(sizes: FakeSizes, never: readonly number[] = []): Dictionary {
  const { dIn, dSae, k, seed = 0 } = sizes;
  const wDec = Random.from(seed, 'fake-dictionary').normals(dSae * dIn, 1 / Math.sqrt(dIn));
  const encode = (x: Float32Array, rows: number): SparseCodes => {
    const indices = new Int32Array(rows * k);
    const values = new Float32Array(rows * k);
    const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
    for (let row = 0; row < rows; row++) {
      const random = Random.from(bits[row * dIn]!);
      const drawn = new Set<number>();
      for (let slot = 0; slot < k; slot++) {
        const latent = random.integer(dSae);
        if (never.includes(latent) || drawn.has(latent)) continue;
        drawn.add(latent);
        indices[row * k + slot] = latent;
        values[row * k + slot] = Math.abs(random.normal());
      }
    }
    return { rows, width: k, indices, values };
  };
  return {
    dIn, dSae, dOut: dIn, wDec, bDec: new Float32Array(dIn), encode, decode: (_codes, x) => x, reconstruct: (x) => x, dispose: () => {},
    provenance: {
      format: 'loupe-dictionary', version: 1, variant: 'topk', model: null, corpus: null, hookPoint: hook, contextLength: sizes.contextLength, prependBos: false,
      config: { k }, seed, tokensSeen: 0, codeVersion: 'test', backend: 'cpu', check: { x: '', latents: '', reconstruction: '' },
    },
  };
}

export const fakeTokenizer = (vocab: number) => ({ vocab, display: (id: number) => (id === endToken ? '<|end|>' : ` w${id}`), specialTokenIds: new Set([endToken]) });

export function fakeParts(sizes: FakeSizes, unembedding: tf.Tensor, finalNormWeight: tf.Tensor | null, never: readonly number[] = []) {
  return {
    store: fakeStore(sizes), dictionary: fakeDictionary(sizes, never), hook, name: 'fake', identity: { ...identity, dModel: sizes.dIn },
    tokenizer: fakeTokenizer(sizes.vocab), unembedding: { weight: unembedding, finalNormWeight, centresInput: false }, heads: 2,
  };
}

export const options = { topExamples: 20, intervalExamples: 5, window: 64, logits: 10, centreLogits: true, neighbours: 10, related: 10, seed: 0 } as const;
