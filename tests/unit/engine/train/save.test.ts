import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { openRun } from '../../../../src/engine/train/run.ts';
import { saveDictionary } from '../../../../src/engine/train/save.ts';
import { eachBackend } from '../../../support/backends.ts';
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
