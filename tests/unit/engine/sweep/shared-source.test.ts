import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { SharedSource } from '../../../../src/engine/sweep/shared-source.ts';

test('a sample is drawn once for all who ask for as many rows; the rest is the source itself', async () => {
  const source = new SynSource(defaultSyn, 1, 'transcoder');
  let drawn = 0;
  const sample = source.sample.bind(source);
  source.sample = (rows) => {
    drawn++;
    return sample(rows);
  };
  const shared = new SharedSource(source);
  assert.equal(await shared.sample(10), await shared.sample(10));
  assert.equal(drawn, 1);
  await shared.sample(11);
  assert.equal(drawn, 2);
  assert.equal((await shared.sampleTargets!(10)).length, (await shared.sample(10)).length);
  await shared.next(4);
  assert.deepEqual(shared.position, source.position);
  assert.deepEqual([shared.dIn, shared.identity], [source.dIn, source.identity]);
  assert.equal(new SharedSource(new SynSource(defaultSyn, 1)).sampleTargets, undefined);
});
