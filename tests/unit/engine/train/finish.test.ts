import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { finishRun, resultPath } from '../../../../src/engine/train/finish.ts';
import { openRun, saveCheckpoint } from '../../../../src/engine/train/run.ts';
import { useBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

test('a finished run leaves its dictionary, held-out figures and warnings, and no checkpoint', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const run = await openRun(smallConfig(join(folder, 'd')), new SynSource(defaultSyn, 1), 'cpu', quietContext(folder));
  saveCheckpoint(run);
  run.diagnostics.warnings(40, { fvu: 2, l0: 3 });
  const result = await finishRun(run);
  run.trainer.dispose();
  assert.deepEqual(JSON.parse(readFileSync(resultPath(folder), 'utf8')), result);
  assert.ok(typeof result['fvu'] === 'number' && typeof (result['unmasked'] as { fvu: number }).fvu === 'number');
  assert.equal((result['warnings'] as { step: number }[])[0]!.step, 40);
  assert.ok(existsSync(join(folder, 'd', 'loupe.json')) && !existsSync(join(folder, 'checkpoints')));
});

test('without held-out rows there are no held-out figures', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const run = await openRun(smallConfig(join(folder, 'd'), { heldOut: 0 }), new SynSource(defaultSyn, 1), 'cpu', quietContext(folder));
  assert.equal((await finishRun(run))['fvu'], undefined);
  run.trainer.dispose();
});
