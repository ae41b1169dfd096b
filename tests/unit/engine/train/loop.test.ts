import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { trainLoop } from '../../../../src/engine/train/loop.ts';
import { openRun } from '../../../../src/engine/train/run.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { useBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

test('every step is reported, every tenth logged, and checkpoints come when they are due and at the end', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const steps: number[] = [];
  const logged: [number, string][] = [];
  const checkpoints: boolean[] = [];
  const context = quietContext(folder, undefined, {
    progress: ({ step }) => {
      steps.push(step);
      checkpoints.push(existsSync(join(folder, 'checkpoints', 'step-000000008')));
    },
    metrics: (step, row) => logged.push([step, Object.keys(row).join()]),
  });
  const run = await openRun(smallConfig(join(folder, 'd'), { steps: 12, logEvery: 10, checkpointEvery: 8 }), new SynSource(defaultSyn, 1), 'cpu', context);
  await trainLoop(run);
  run.trainer.dispose();
  assert.deepEqual(steps, Array.from({ length: 12 }, (_, i) => i + 1));
  const names = 'fvu,l0,loss,auxLoss,gradientNorm,tokensPerSecond,lr,dead,deadNever,deadStopped,decoderDrift';
  assert.deepEqual(logged, [[10, names], [12, names]]);
  assert.deepEqual(checkpoints.indexOf(true), 8);
  assert.ok(existsSync(join(folder, 'checkpoints', 'step-000000012')));
  assert.equal(run.tokensSeen, 12 * 64);
});
