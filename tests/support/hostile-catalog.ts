/** A catalog whose words attack whoever shows or writes them: markup, ends of scripts, formulas, control and direction marks, halves of characters. */
import { setLabel } from '../../src/main/catalog/labelling.ts';
import { packDocuments } from '../../src/main/catalog/blobs.ts';
import { makeCatalog } from '../../src/main/catalog/opening.ts';
import { addContext, addStore } from '../../src/main/catalog/tables/contexts.ts';
import { addExample } from '../../src/main/catalog/tables/examples.ts';
import { addFeatureExtras } from '../../src/main/catalog/tables/feature-extras.ts';
import { addFeature } from '../../src/main/catalog/tables/features.ts';
import { addModel, addVocabularyEntry } from '../../src/main/catalog/tables/models.ts';
import { addSource, completeSource } from '../../src/main/catalog/tables/sources.ts';
import { smallExtras } from './empty-extras.ts';
import { smallDetails } from './small-catalog.ts';

/** By token id; 0 is special. */
export const hostileTokens = ['<|end|>', '</script><script>window.attacked=1</script>', ' "><img src=x onerror=window.attacked=2>', '\u202Etxet desrever', '\u2028', '\0', '\n', '`${window.attacked=3}`', ' =1+1', '-->'] as const;
export const hostileLabels = ['<script>window.attacked=4</script>', '=HYPERLINK("http://x","y")', '\u202E\u2066mirror', "'; DROP TABLE labels; --", 'two\r\nlines, and a "quote"'] as const;

/** Five features over one context of ten tokens: each token is the peak of some example. */
export function hostileCatalog(path: string): void {
  makeCatalog(path, (db) => {
    const model = addModel(db, { hash: 'h', tokenizerHash: 't', name: '<b>model</b>', family: 'llama', dModel: 4, layers: 2 });
    hostileTokens.forEach((text, token) => addVocabularyEntry(db, model, token, { text, special: token === 0 }));
    const store = addStore(db, { model, hash: 's', corpusName: '</script>', corpusHash: 'c', contextLength: 10 });
    const context = addContext(db, { store, number: 0, tokens: Int32Array.from(hostileTokens.keys()), documents: packDocuments(new Int32Array(10)) }, 'hostile');
    const source = addSource(db, {
      kind: 'topk', name: '<i>source</i>', model, store, hookPoint: 'blocks.1', layer: 1, dictionaryHash: 'd', features: 5, tokens: 18, dead: 0, complete: false,
      provenance: JSON.stringify({ store: '/home/somebody/secret/store', note: '</script>' }),
    });
    for (let index = 0; index < 5; index++) {
      addFeature(db, source, { index, firings: 2, density: 2 / 18, max: 2, mean: 1.5 }, smallDetails(2, { neighbours: { ids: Int32Array.of((index + 1) % 5), values: Float32Array.of(0.5) } }));
      const others = (value: number) => ({ ids: Int32Array.of((index + 1) % 5), values: Float32Array.of(value) });
      addFeatureExtras(db, source, index, smallExtras({ correlated: others(0.25), cooccurring: { ids: others(0).ids, counts: Int32Array.of(1) } }));
      for (const rank of [0, 1]) {
        const peak = 2 * index + rank;
        const activations = new Uint8Array(10);
        activations[peak] = 255;
        addExample(db, source, index, { group: 0, rank, context, start: 0, peak, value: 2 - rank, maximum: 2 - rank, activations });
      }
      setLabel(db, { source, index, text: hostileLabels[index]!, author: '@ada <ada>', kind: 'manual', confidence: 1, notes: '+notes' });
    }
    completeSource(db, source);
  });
}
