import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureJson, featureText } from '../../../../../src/renderer/src/feature/copy-feature.ts';
import { featurePageOf } from '../../../../../src/main/catalog/reading.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const origin = { source: 'colours', model: 'small', hook: 'blocks.1.hook_resid_post', link: 'loupe://x' };
const db = smallCatalog();
const feature = featurePageOf(db, { source: 1, index: 0 });
db.close();

test('as text: figures, tokens, and the strongest examples with the active tokens marked', () => {
  const lines = featureText(feature, origin).split('\n');
  assert.equal(lines[0], 'Feature 0 of colours (small, blocks.1.hook_resid_post)');
  assert.match(lines[1]!, /14\.3 % of 14 tokens; maximum 2/);
  assert.equal(lines[2], 'Makes likelier: ·red 0.500');
  assert.ok(lines.includes('2.00  <|end|><< red>> green red green red green<|end|>'));
  assert.equal(lines.at(-1), 'loupe://x');
  assert.ok(!lines.some((line) => line.startsWith('Label')));
});

test('as JSON: everything, tensors as arrays', () => {
  const read = JSON.parse(featureJson(feature, origin)) as { source: string; feature: { index: number; histogram: { counts: number[] }; extras: { neurons: unknown[] } } };
  assert.equal(read.source, 'colours');
  assert.equal(read.feature.histogram.counts.length, 50);
  assert.equal(read.feature.histogram.counts[49], 2);
  assert.deepEqual(read.feature.extras.neurons, [{ dimension: 1, correlation: 0.5 }]);
});
