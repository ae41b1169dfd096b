import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpertMask } from '../../../../../../src/engine/lm/layers/monet/expert-mask.ts';

test('bits stand in order of pairs, and are counted, read and taken back', () => {
  const mask = new ExpertMask(5).purge(0, 0).purge(1, 4).purge(4, 4);
  // pairs 0, 9 and 24 of 25, in four bytes
  assert.deepEqual([...mask.bytes], [1, 2, 0, 1]);
  assert.equal(mask.count, 3);
  assert.ok(mask.has(1, 4) && !mask.has(4, 1));
  assert.deepEqual([...mask.keep()].flatMap((kept, pair) => (kept === 0 ? [pair] : [])), [0, 9, 24]);
  assert.equal(mask.restore(1, 4).count, 2);
  assert.deepEqual([...new ExpertMask(5, mask.bytes).keep()], [...mask.keep()]);
});

test('32 KiB at s = 512', () => {
  assert.equal(new ExpertMask(512).bytes.length, 32 * 1024);
});

test('pairs outside, bytes of another size, and a purge of everything are refused', () => {
  const mask = new ExpertMask(3);
  assert.throws(() => mask.purge(3, 0), { kind: 'bad-request', message: /i is 3: sub-experts are 0 to 2/ });
  assert.throws(() => mask.has(0, -1), { kind: 'bad-request', message: /j is -1/ });
  assert.throws(() => new ExpertMask(3, new Uint8Array(3)), { kind: 'mismatch', message: /3 bytes: s = 3 takes 2/ });
  for (let pair = 0; pair < 9; pair++) mask.purge(Math.floor(pair / 3), pair % 3);
  assert.throws(() => mask.keep(), { kind: 'bad-request', message: /all 9 experts/ });
});
