/** A catalog whose features are known: 0 fires on w5, 1 after w9, 2 never, 3 on w190 in three contexts only. 120 contexts of 64 words. */
import { Random } from '../../src/engine/random.ts';
import { packDocuments, quantise } from '../../src/main/catalog/blobs.ts';
import type { WriteHandle } from '../../src/main/catalog/handle.ts';
import { makeCatalog } from '../../src/main/catalog/opening.ts';
import { addContext, addStore } from '../../src/main/catalog/tables/contexts.ts';
import { addExample } from '../../src/main/catalog/tables/examples.ts';
import { addFeature } from '../../src/main/catalog/tables/features.ts';
import { addModel, addVocabularyEntry } from '../../src/main/catalog/tables/models.ts';
import { addSource, completeSource } from '../../src/main/catalog/tables/sources.ts';
import { smallDetails } from './small-catalog.ts';

const [contexts, length, words] = [120, 64, 200];
const rules: readonly ((tokens: Int32Array, i: number) => boolean)[] = [
  (tokens, i) => tokens[i] === 5, (tokens, i) => i > 0 && tokens[i - 1] === 9, () => false, (tokens, i) => tokens[i] === 190,
];

export const labelledFeatures = rules.length;

function fill(db: WriteHandle): void {
  const model = addModel(db, { hash: 'h', tokenizerHash: 't', name: 'known', family: 'llama', dModel: 4, layers: 1 });
  for (let token = 0; token < words; token++) addVocabularyEntry(db, model, token, { text: ` w${token}x`, special: false });
  const store = addStore(db, { model, hash: 's', corpusName: 'made', corpusHash: 'c', contextLength: length });
  const random = Random.from(1, 'label catalog');
  const texts = Array.from({ length: contexts }, (_, c) => Int32Array.from({ length }, () => { const word = random.integer(words); return word === 190 && c > 2 ? 7 : word; }));
  for (let c = 0; c < 3; c++) texts[c]![20] = 190;
  const ids = texts.map((tokens, number) => addContext(db, { store, number, tokens, documents: packDocuments(new Int32Array(length).fill(number)) }, Array.from(tokens, (token) => ` w${token}x`).join('')));
  const tokens = contexts * length;
  const source = addSource(db, {
    kind: 'topk', name: 'known', model, store, hookPoint: 'blocks.0.hook_resid_post', layer: 0, dictionaryHash: 'd', features: rules.length, tokens, dead: 0, complete: false, provenance: '{}',
  });
  rules.forEach((fires, index) => {
    const places = texts.flatMap((text, c) => Array.from(text, (_, i) => i).filter((i) => fires(text, i)).map((i) => ({ c, i })));
    const firings = places.length;
    addFeature(db, source, { index, firings, density: firings / tokens, max: firings === 0 ? 0 : 2, mean: firings === 0 ? 0 : 1 }, smallDetails(firings, { neighbours: { ids: Int32Array.of(1 - (index & 1)), values: Float32Array.of(0.2) } }));
    const first = new Map(places.map(({ c, i }) => [c, i]));
    [...first].slice(0, 40).forEach(([c, peak], n) => {
      const value = 2 - n / 40;
      const activations = new Float32Array(length);
      texts[c]!.forEach((_, i) => { if (fires(texts[c]!, i)) activations[i] = value; });
      addExample(db, source, index, { group: n < 20 ? 0 : 1 + (n % 5), rank: n < 20 ? n : Math.floor(n / 5), context: ids[c]!, start: 0, peak, value: Math.fround(value), maximum: Math.fround(value), activations: quantise(activations, value) });
    });
  });
  completeSource(db, source);
}

export function labelCatalog(path: string): void {
  makeCatalog(path, (db) => db.transaction(() => fill(db)));
}
