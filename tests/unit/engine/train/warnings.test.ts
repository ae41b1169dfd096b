import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watch } from '../../../../src/engine/train/warnings.ts';
import type { LoggedRow } from '../../../../src/engine/train/warnings.ts';

const expected = { steps: 1000, dSae: 200, targetL0: 32, lr: 1e-3 };
const good = { loss: 0.3, fvu: 0.3, l0: 32, dead: 0, deadNever: 0, deadStopped: 0, gradientNorm: 1, decoderDrift: 1e-6, thresholdMoved: 0.01 };

/** Rows at every tenth step from 0; the words of each step that said anything. */
function said(rows: readonly LoggedRow[], changes: Partial<typeof expected> = {}): [number, string][] {
  const watch = new Watch({ ...expected, ...changes });
  return rows.flatMap((row, i) => watch.add(i * 10, row).map((words): [number, string] => [i * 10, words]));
}

const rows = (count: number, change: (i: number) => LoggedRow = () => ({})): LoggedRow[] => Array.from({ length: count }, (_, i) => ({ ...good, ...change(i) }));

test('a training that goes well gives no warning', () => {
  assert.deepEqual(said(rows(100)), []);
});

test('a threshold that stands still is reported after 500 steps, once, with the share in its window', () => {
  const found = said(rows(100, (i) => ({ thresholdMoved: i < 20 ? 0.01 : 0, windowShare: 0.0004 })));
  assert.equal(found.length, 1);
  assert.equal(found[0]![0], 690);
  assert.match(found[0]![1], /has not moved for 500 steps: 0\.0400 % of the pre-activations lie in its window/);
});

test('a warning comes again after it was over', () => {
  const found = said(rows(100, (i) => ({ decoderDrift: i === 50 || i === 70 ? 0.1 : 0 })));
  assert.deepEqual(found.map(([step]) => step), [500, 700]);
});

test('each fault has its words', () => {
  const words = (change: (i: number) => LoggedRow, changes = {}): string => said(rows(100, change), changes).map(([, text]) => text).join('\n');
  assert.match(words(() => ({ dead: 0.75, deadNever: 0.7, deadStopped: 0.05 })), /150 of 200 latents \(75\.0 %\) are dead; most never fired/);
  assert.match(words(() => ({ dead: 0.75, deadNever: 0.05, deadStopped: 0.7 })), /most fired and stopped/);
  assert.match(words(() => ({ l0: 145 })), /L0 is 145 after 40\.0 % of the run, and 32 is asked for: raise/);
  assert.match(words(() => ({ l0: 3 })), /L0 is 3\.00.*lower the sparsity/);
  assert.equal(words(() => ({ l0: 145 }), { targetL0: null }), '');
  assert.match(words(() => ({ l0: 0 }), { targetL0: null }), /no latent fires/);
  assert.match(words((i) => ({ loss: i < 50 ? 0.3 : 1.2 })), /the loss is 4\.0 times what it was at step 0: lower lr \(0\.001\)/);
  assert.match(words((i) => ({ gradientNorm: i === 60 ? 500 : 1 })), /gradient's norm is 500, 5\.0e\+2 times its median/);
  assert.match(words(() => ({ fvu: 1.4 })), /FVU is 1\.40: the mean of the data would do better/);
});
