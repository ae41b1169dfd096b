import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { startValues } from '../../../../../src/engine/lm/own/parameters.ts';
import { openUntrained, runOf, trainingNote } from '../../../../../src/engine/lm/sparsity/training.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('a model is opened with the weights that its run began with', async (t) => {
  await loadBackend();
  const folder = temporaryFolder(t);
  const shape = tinyShape('dense');
  writeTinyModel(folder, shape);
  assert.equal(runOf(folder), null);
  assert.match(trainingNote(folder, false), /not known/u);
  writeFileSync(join(folder, 'lm-train.json'), JSON.stringify({ out: folder, seed: 7, steps: 30, batch: 4, accumulate: 2, lr: 0.001 }));
  assert.equal(runOf(folder)!.seed, 7);
  assert.match(trainingNote(folder, false), /AdamW, highest rate 0\.001, decay 0\.1, 30 steps of 8 contexts, from normal weights of seed 7/u);
  assert.match(trainingNote(folder, true), /at its start.*seed 7/u);
  const model = await openUntrained(folder);
  t.after(() => model.dispose());
  const name = 'mlp.in.weight';
  const want = startValues({ ...shape.kind.parameters(shape.layer, shape.size, 1)[name]!, name: `blocks.1.${name}`, part: 'layer', block: 1 }, 7);
  assert.deepEqual(model.own!.blocks[1]![name]!.dataSync(), want);
  const { logits } = model.run(Int32Array.of(1, 2, 3), 1, 3);
  assert.deepEqual(logits!.shape, [1, 3, 257]);
  logits!.dispose();
});

test('a run file that is none counts as not known, and other families cannot be made again', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'lm-train.json'), '{"steps": "many"}');
  assert.equal(runOf(folder), null);
  await assert.rejects(openUntrained(fixtureFolder('gpt2')), { kind: 'unsupported', message: /untrained.*GPT-2/u });
});
