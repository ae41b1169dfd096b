import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provenanceFacts } from '../../../../../src/renderer/src/share/provenance.ts';
import type { ForeignSource } from '../../../../../src/shared/schema/share.ts';

const source: ForeignSource = {
  id: 1, name: 's', kind: 'topk', hookPoint: 'blocks.1.hook_resid_post', modelName: 'small', modelHash: 'abc', dictionaryHash: null, features: 3, labelled: 0, tokens: 1400, complete: true,
  provenance: '{}', corpus: 'colours', mine: null, sameStore: false,
};
const facts = (provenance: unknown): Record<string, string> => Object.fromEntries(provenanceFacts({ ...source, provenance: typeof provenance === 'string' ? provenance : JSON.stringify(provenance) }));

test('what is known is told, in order; what is not is left out', () => {
  assert.deepEqual(Object.keys(facts({})), ['Model', 'Model hash', 'Hook', 'Dictionary', 'Corpus', 'Tokens counted']);
  const full = facts({ dictionary: { variant: 'jumprelu', codeVersion: '1.2' }, store: { corpus: { hash: 'f'.repeat(64) } } });
  assert.deepEqual([full['Dictionary'], full['Code version'], full['Corpus hash']], ['jumprelu', '1.2', 'f'.repeat(16)]);
});

test('provenance that is no JSON, or of another form, harms nothing', () => {
  for (const strange of ['{', '[1]', 'null', { dictionary: { variant: { toString: 1 } }, store: 7 }]) assert.equal(facts(strange)['Dictionary'], 'topk');
  assert.equal(facts({ dictionary: { variant: 'x'.repeat(5000) } })['Dictionary']!.length, 120);
});
