/** A loupe.json for dictionaries made by tests; without a check triple. */
import type { DictionaryProvenance } from '../../src/engine/sae/dictionary.ts';

export function provenance(changes: Partial<DictionaryProvenance> = {}): DictionaryProvenance {
  return {
    format: 'loupe-dictionary', version: 1, variant: 'topk', model: null, corpus: null, hookPoint: 'h', contextLength: 8, prependBos: false,
    config: {}, seed: 0, tokensSeen: 0, codeVersion: 'test', backend: 'cpu', check: { x: '', latents: '', reconstruction: '' }, ...changes,
  };
}
