/** Opening activations, whoever wrote them: Loupe's own stores, and plain arrays with token ids. */
import { openArrayStore, isArrayStore } from './arrays.ts';
import { openHarvestedStore, type OpenStoreOptions } from './reader.ts';
import type { ActivationStore } from './types.ts';

/** Opens the activations in `folder`. Kinds: not-found, bad-file, unsupported, conflict (incomplete and not allowed). */
export function openStore(folder: string, options: OpenStoreOptions = {}): ActivationStore {
  return isArrayStore(folder) ? openArrayStore(folder) : openHarvestedStore(folder, options);
}
