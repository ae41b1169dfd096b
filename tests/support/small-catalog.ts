/** A catalog in memory with one source of three features over two contexts of eight tokens, small enough to work by hand. */
import { openMemory } from '../../src/main/catalog/handle.ts';
import type { WriteHandle } from '../../src/main/catalog/handle.ts';
import { packDocuments } from '../../src/main/catalog/blobs.ts';
import { migrate } from '../../src/main/catalog/schema.ts';
import { addContext, addStore } from '../../src/main/catalog/tables/contexts.ts';
import { addExample } from '../../src/main/catalog/tables/examples.ts';
import { addFeatureExtras } from '../../src/main/catalog/tables/feature-extras.ts';
import { addFeature } from '../../src/main/catalog/tables/features.ts';
import type { FeatureDetails } from '../../src/main/catalog/tables/features.ts';
import { addModel, addVocabularyEntry } from '../../src/main/catalog/tables/models.ts';
import { addSource, completeSource } from '../../src/main/catalog/tables/sources.ts';
import { smallExtras } from './empty-extras.ts';

/** Feature 0 fires twice and has extras, feature 1 once, feature 2 never; 14 tokens were counted. */
export const smallTokens = 14;

export function smallDetails(firings: number, changes: Partial<FeatureDetails> = {}): FeatureDetails {
  const histogram = new Uint32Array(50);
  histogram[49] = firings;
  return {
    low: 0, high: 0, histogram, bins: Uint32Array.of(firings, 0, 0, 0, 0),
    logits: { ids: Int32Array.of(1, 2), values: Float32Array.of(0.5, -0.5) }, neighbours: { ids: Int32Array.of(1), values: Float32Array.of(0.25) }, ...changes,
  };
}

export const smallExample = { group: 0, rank: 0, context: 1, start: 0, peak: 1, value: 2, maximum: 2, activations: Uint8Array.of(0, 255, 0, 0, 0, 0, 0, 0) } as const;

/** ids: model 1, store 1, contexts 1 and 2, source 1. */
export function smallCatalog(): WriteHandle {
  const db = openMemory();
  migrate(db, 0);
  const model = addModel(db, { hash: 'h', tokenizerHash: 't', name: 'small', family: 'llama', dModel: 4, layers: 2 });
  ['<|end|>', ' red', ' green', ' blue'].forEach((text, token) => addVocabularyEntry(db, model, token, { text, special: token === 0 }));
  const store = addStore(db, { model, hash: 's', corpusName: 'colours', corpusHash: 'c', contextLength: 8 });
  addContext(db, { store, number: 0, tokens: Int32Array.of(0, 1, 2, 1, 2, 1, 2, 0), documents: packDocuments(new Int32Array(8)) }, ' red green red green red green');
  addContext(db, { store, number: 5, tokens: Int32Array.of(0, 3, 3, 3, 0, 1, 1, 1), documents: packDocuments(Int32Array.of(1, 1, 1, 1, 1, 2, 2, 2)) }, ' blue blue blue red red red');
  const source = addSource(db, {
    kind: 'topk', name: 'colours', model, store, hookPoint: 'blocks.1.hook_resid_post', layer: 1, dictionaryHash: 'd', features: 3, tokens: smallTokens,
    dead: 0, complete: false, provenance: '{}',
  });
  [2, 1, 0].forEach((firings, index) => addFeature(db, source, { index, firings, density: firings / smallTokens, max: firings, mean: firings }, smallDetails(firings)));
  addFeatureExtras(db, source, 0, smallExtras());
  addExample(db, source, 0, smallExample);
  addExample(db, source, 0, { ...smallExample, rank: 1, context: 2, value: 1, maximum: 1 });
  addExample(db, source, 1, { ...smallExample, context: 2, value: 1, maximum: 1 });
  completeSource(db, source);
  return db;
}
