import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchActivations, benchTrain } from '../../../../src/engine/train/bench.ts';
import { useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('the input has root mean square 1 and is the same for the same seed', () => {
  const x = benchActivations(200, 16, 1);
  assertClose([x.reduce((sum, value) => sum + value * value, 0) / x.length], [1], 1e-4);
  assert.deepEqual(benchActivations(200, 16, 1), x);
  assert.notDeepEqual(benchActivations(200, 16, 2), x);
});

test('a bench runs the steps that were asked for and the loss on the first batch falls', async () => {
  await useBackend('cpu');
  const steps: string[] = [];
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(benchTrain({ variant: 'topk', dIn: 16, dSae: 64, k: 4, batch: 32, steps: 3, warmup: 0, seed: 0, precision: 'f32' }, () => {}, stop.signal), { kind: 'cancelled' });
  const result = await benchTrain({ variant: 'topk', dIn: 16, dSae: 64, k: 4, batch: 32, steps: 23, warmup: 2, seed: 0, precision: 'f32' }, (line) => steps.push(line));
  assert.equal(steps.length, 25);
  assert.deepEqual([result['steps_timed'], result['k'], result['clip'], result['project']], [23, 4, null, true]);
  assert.ok((result['loss_last'] as number) < (result['loss_first'] as number));
});
