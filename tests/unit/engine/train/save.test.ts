import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { trainConfigSchema } from '../../../../src/engine/train/config.ts';
import { openRun } from '../../../../src/engine/train/run.ts';
import { saveDictionary } from '../../../../src/engine/train/save.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { batchOf } from '../../../support/variants.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

test('a saved dictionary does on raw activations what the trainer does on scaled ones', async (t) => {
  await eachBackend(t, async (backend) => {
    const folder = temporaryFolder(t);
    const run = await openRun(smallConfig(join(folder, 'd')), new SynSource(defaultSyn, 1), backend, quietContext(folder));
    const { x } = await run.source.next(100);
    const scale = run.figures.inputScale[0]!;
    const scaled = x.map((value) => value * scale);
    saveDictionary(run).dispose();
    const loaded = await loadDictionary(join(folder, 'd'));
    let errors = 0;
    loaded.reconstruct(x, 100).forEach((value, i) => { errors += ((value - x[i]!) * scale) ** 2 / 100; });
    const tensor = tf.tensor2d(scaled, [100, 32]);
    // the report of a step is that of the weights before it
    const report = run.trainer.step(batchOf(tensor), 1e-3, 0);
    assertClose([errors / run.figures.variance], [report.fvu], 1e-4);
    assert.equal(loaded.provenance.check.x.length > 100, true);
    tensor.dispose();
    loaded.dispose();
    run.trainer.dispose();
  });
});

test('a transcoder is saved as one that SAELens has, or as our own, never as a dictionary of its input', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const architectures: Record<string, unknown> = {};
  for (const activation of ['relu', 'topk']) {
    const { auxK: _auxK, ...config } = smallConfig(join(folder, activation));
    const own = trainConfigSchema.parse({ ...config, variant: 'transcoder', targetHook: 'there', activation, auxCoefficient: 0 });
    const run = await openRun(own, new SynSource(defaultSyn, 1, 'transcoder'), 'cpu', quietContext(join(folder, activation)));
    saveDictionary(run).dispose();
    run.trainer.dispose();
    architectures[activation] = (JSON.parse(readFileSync(join(folder, activation, 'cfg.json'), 'utf8')) as { architecture: string }).architecture;
  }
  assert.deepEqual(architectures, { relu: 'transcoder', topk: 'loupe:transcoder' });
});
