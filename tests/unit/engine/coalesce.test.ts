import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coalesce } from '../../../src/engine/coalesce.ts';
import type { Progress } from '../../../src/shared/schema/job.ts';

const at = (step: number, metrics: Progress['metrics'] = {}): Progress => (
  { phase: 'train', step, total: 100, tokensPerSecond: 1, etaSeconds: Number.POSITIVE_INFINITY, metrics, message: null }
);

test('at most one report per interval goes out, the newest wins, the last is flushed', () => {
  const sent: number[] = [];
  let now = 0;
  const { push, flush } = coalesce((p) => sent.push(p.step), 100, () => now);
  // A step each 10 ms: steps 0..25 at 0..250 ms. Due at 0, 100 and 200 ms; 25 waits for the flush.
  for (let step = 0; step <= 25; step++) {
    now = step * 10;
    push(at(step));
  }
  assert.deepEqual(sent, [0, 10, 20]);
  flush();
  flush();
  assert.deepEqual(sent, [0, 10, 20, 25]);
});

test('what waits goes out by itself when nothing follows', async () => {
  const sent: number[] = [];
  const { push } = coalesce((p) => sent.push(p.step), 20);
  push(at(1));
  push(at(2));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(sent, [1, 2]);
});

test('figures that are not finite become null', () => {
  const sent: Progress[] = [];
  coalesce((p) => sent.push(p)).push(at(1, { loss: Number.NaN, fvu: 0.5 }));
  assert.deepEqual(sent[0]?.metrics, { loss: null, fvu: 0.5 });
  assert.equal(sent[0]?.etaSeconds, null);
});
