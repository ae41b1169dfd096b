import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitsFactsOf } from '../../../../src/shared/schema/units.ts';

const facts = { units: 64, names: { pattern: 'neuron {n}', width: null }, layerKind: { id: 'dense', title: 'Dense GPT' }, keep: null, noDirection: null };
const provenance = JSON.stringify({ model: {}, dictionary: { variant: 'units', config: { ...facts, signed: false, targetHook: 'blocks.1.hook_mlp_out' } } });

test('the facts of a source of units are read out of its provenance', () => {
  assert.deepEqual(unitsFactsOf({ kind: 'units', provenance }), facts);
});

test('another kind of source has none, and neither has a provenance that does not say them', () => {
  assert.equal(unitsFactsOf({ kind: 'topk', provenance }), null);
  for (const text of ['', '{', '[]', '{"dictionary":{}}', JSON.stringify({ dictionary: { config: { ...facts, units: -1 } } })]) assert.equal(unitsFactsOf({ kind: 'units', provenance: text }), null, text);
});
