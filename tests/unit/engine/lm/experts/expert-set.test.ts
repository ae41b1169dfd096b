import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpertSet } from '../../../../../src/engine/lm/experts/expert-set.ts';

test('bits stand in order of experts, and are counted, read and taken back', () => {
  const set = ExpertSet.of(25, [0, 9, 24]);
  // bit 0 of byte 0, bit 1 of byte 1, bit 0 of byte 3
  assert.deepEqual([...set.bytes], [1, 2, 0, 1]);
  assert.equal(set.size, 3);
  assert.ok(set.has(9) && !set.has(10));
  assert.deepEqual([...set], [0, 9, 24]);
  assert.deepEqual([...set.remove(9).add(8)], [0, 8, 24]);
  assert.deepEqual([...new ExpertSet(25, set.bytes)], [0, 8, 24]);
});

test('32 KiB for the 262,144 experts of s = 512', () => {
  assert.equal(new ExpertSet(512 * 512).bytes.length, 32 * 1024);
});

test('experts outside, bytes of another size and bits behind the last expert are refused', () => {
  const set = new ExpertSet(9);
  assert.throws(() => set.add(9), { kind: 'bad-request', message: /expert is 9: the layer has experts 0 to 8/ });
  assert.throws(() => set.has(-1), { kind: 'bad-request' });
  assert.throws(() => set.remove(0.5), { kind: 'bad-request' });
  assert.throws(() => new ExpertSet(9, new Uint8Array(3)), { kind: 'mismatch', message: /3 bytes: 9 experts take 2/ });
  assert.throws(() => new ExpertSet(9, Uint8Array.of(0, 2)), { kind: 'mismatch', message: /behind the last of 9/ });
  assert.equal(new ExpertSet(9, Uint8Array.of(0, 1)).size, 1);
});
