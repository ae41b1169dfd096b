/** What makes two statistics passes the same: everything that their figures depend on. */
import { createHash } from 'node:crypto';
import type { Dictionary } from '../sae/dictionary.ts';
import type { ActivationStore, ModelIdentity } from '../store/types.ts';
import { batchRows, blockRows } from './encode-pass.ts';
import type { StatisticsOptions } from './config.ts';

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest('hex');
}

function bytes(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A dictionary by its decoder and its provenance, whose check triple depends on the encoder. */
export function dictionaryHash(dictionary: Pick<Dictionary, 'wDec' | 'bDec' | 'provenance'>): string {
  return sha256(bytes(dictionary.wDec), bytes(dictionary.bDec), JSON.stringify(dictionary.provenance));
}

/**
 * A store by its manifest, which holds the hash of each shard. Arrays from elsewhere have none: there the tokens, and the activations of
 * the first and the last context, are taken.
 */
export function storeHash(store: ActivationStore, hook: string): string {
  const { manifest } = store;
  const text = JSON.stringify(manifest);
  if (manifest.shards.length > 0) return sha256(text);
  const hash = createHash('sha256').update(text);
  for (let first = 0; first < manifest.contexts; first += 1024) hash.update(bytes(store.tokens(first, Math.min(1024, manifest.contexts - first))));
  for (const context of [0, manifest.contexts - 1]) hash.update(bytes(store.activations(hook, context, 1)));
  return hash.digest('hex');
}

export function buildKey(store: string, dictionary: string, model: ModelIdentity, hook: string, options: StatisticsOptions): string {
  return sha256(JSON.stringify({ version: 2, store, dictionary, model: [model.hash, model.tokenizerHash], hook, options, batchRows, blockRows }));
}
