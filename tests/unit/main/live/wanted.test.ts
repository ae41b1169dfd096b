import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedBy } from '../../../../src/main/live/wanted.ts';

const source = { name: 'sample', modelName: 'tiny', modelHash: 'h', hookPoint: 'blocks.0.hook_resid_post', dictionaryHash: 'd', provenance: '{}' };

test('what the provenance says is taken, each part by itself', () => {
  const provenance = JSON.stringify({ model: { dModel: 16, layers: 2, more: 1 }, store: { isolate: true, shards: 3 }, dictionary: { check: { x: 'AAAA' } } });
  assert.deepEqual(wantedBy({ ...source, provenance }), {
    model: { name: 'tiny', hash: 'h', dModel: 16, layers: 2 }, dictionary: { name: 'sample', hash: 'd', check: 'AAAA' }, hook: 'blocks.0.hook_resid_post', isolate: true,
  });
  const partly = JSON.stringify({ model: { dModel: -1 }, store: { isolate: true }, dictionary: { check: { x: '' } } });
  const wanted = wantedBy({ ...source, provenance: partly });
  assert.deepEqual([wanted.model.dModel, wanted.isolate, wanted.dictionary.check], [null, true, null]);
});

test('a provenance that is junk says nothing', () => {
  for (const provenance of ['', '{', 'null', '[1]', '"x"', '{"model":5,"store":"x","dictionary":[]}', `{"dictionary":{"check":{"x":"${'A'.repeat(300_000)}"}}}`]) {
    const wanted = wantedBy({ ...source, provenance });
    assert.deepEqual([wanted.model.dModel, wanted.isolate, wanted.dictionary.check], [null, false, null]);
  }
});
