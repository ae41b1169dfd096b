/** Opening activations, whoever wrote them: Loupe's own stores, SAELens' caches, and plain arrays with token ids. */
import { isArrayStore, openArrayStore } from './arrays.ts';
import { openHarvestedStore, type OpenStoreOptions } from './reader.ts';
import { isSaeLensCache, openSaeLensCache } from './saelens-cache.ts';
import type { ActivationStore } from './types.ts';

/** Opens the activations in `folder`. Kinds: not-found, bad-file, mismatch, unsupported, conflict (incomplete and not allowed). */
export function openStore(folder: string, options: OpenStoreOptions = {}): ActivationStore {
  if (isArrayStore(folder)) return openArrayStore(folder);
  return isSaeLensCache(folder) ? openSaeLensCache(folder) : openHarvestedStore(folder, options);
}
