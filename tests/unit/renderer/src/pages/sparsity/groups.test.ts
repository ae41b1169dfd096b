import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupsOf } from '../../../../../../src/renderer/src/pages/sparsity/groups.ts';
import { layerOf } from '../../../../../support/sparsity-study.ts';

test('never and always come first, then bins that have units, the densest first', () => {
  const groups = groupsOf(layerOf(0, { density: { edges: [0.001, 0.01, 0.1, 1], counts: [30, 0, 68] } }));
  assert.deepEqual(groups.map(({ id, units }) => [id, units]), [['never', 2], ['always', 0], [2, 68], [0, 30]]);
  assert.equal(groups[2]!.title, 'fire on 10.0 % to 100 % of tokens');
});
