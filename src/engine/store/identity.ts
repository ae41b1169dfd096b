/** Whether a store and a model belong together. */
import { LoupeError } from '../../shared/errors.ts';
import type { ModelIdentity, StoreManifest } from './types.ts';

/** The identity of activations whose model nobody recorded: arrays from elsewhere. */
export function unknownModel(dModel: number): ModelIdentity {
  return { name: 'unknown', family: 'unknown', dModel, layers: 1, hash: '', tokenizerHash: '' };
}

/**
 * Refuses a store that was harvested from another model, or with another tokenizer: kind mismatch, naming both. Where the
 * store does not say its model (arrays from elsewhere), only the width can be compared.
 */
export function assertSameModel(store: { readonly folder: string; readonly manifest: StoreManifest }, identity: ModelIdentity): void {
  const { model } = store.manifest;
  const named = (of: ModelIdentity): string => `${of.name} (${of.family}, ${of.layers} layers, width ${of.dModel}, ${of.hash.slice(0, 12) || 'no hash'})`;
  if (model.hash === '' ? model.dModel === identity.dModel : model.hash === identity.hash && model.tokenizerHash === identity.tokenizerHash) return;
  const what = model.hash === identity.hash && model.hash !== '' ? 'with another tokenizer of' : 'from';
  throw new LoupeError('mismatch', `the activations in ${store.folder} come ${what} ${named(model)}, and the model given is ${named(identity)}. ` +
    'Use the model that they were harvested from, or harvest again.');
}
