import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { runTrain, trainFrom } from '../../../../src/engine/train/job.ts';
import { readMetrics } from '../../../../src/engine/train/metrics-log.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

const child = resolve(import.meta.dirname, '../../../support/train-child.ts');
const source = (): SynSource => new SynSource(defaultSyn, 1);
const weights = (folder: string): Buffer => readFileSync(join(folder, 'dictionary', 'sae_weights.safetensors'));

/** Runs the child until it has printed a line that `stop` wants, then kills it. Gives its output. */
function runChild(folder: string, backend: string, stop: (line: string) => boolean): Promise<string> {
  return new Promise((done, fail) => {
    const process_ = spawn(process.execPath, [child, folder, backend], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    process_.stdout.on('data', (bytes) => {
      output += String(bytes);
      if (output.split('\n').some(stop)) process_.kill('SIGKILL');
    });
    process_.stderr.on('data', (bytes) => { errors += String(bytes); });
    process_.on('error', fail);
    process_.on('close', (code, signal) => (code === 0 || signal === 'SIGKILL' ? done(output) : fail(new Error(errors))));
  });
}

for (const backend of ['tensorflow', 'cpu'] as const) {
  test(`a run killed by SIGKILL twice ends with the weights of an unbroken one, bit for bit (${backend})`, { skip: await absent(backend) }, async (t) => {
    const [broken, whole] = [temporaryFolder(t), temporaryFolder(t)];
    const first = await runChild(broken, backend, (line) => line === 'train 17');
    assert.doesNotMatch(first, /done/);
    const second = await runChild(broken, backend, (line) => line === 'train 30');
    // checkpoints are 7 steps apart: it went on at 14, not at 0
    assert.match(second, /^train 1[5-9]\n/);
    assert.match(await runChild(broken, backend, () => false), /done/);
    assert.match(await runChild(whole, backend, () => false), /done/);
    assert.deepEqual(weights(broken), weights(whole));
    const steps = (folder: string): number[] => readMetrics(join(folder, 'metrics.jsonl')).map((row) => row['step']!);
    assert.deepEqual(steps(broken), [5, 10, 15, 20, 25, 30, 35, 40]);
    assert.deepEqual(steps(broken), steps(whole));
  });
}

test('an abort at any step leaves a checkpoint, and going on gives the same weights', async (t) => {
  await useBackend('cpu');
  const whole = temporaryFolder(t);
  await trainFrom(source(), smallConfig(join(whole, 'dictionary'), { steps: 12 }), quietContext(whole));
  const folder = temporaryFolder(t);
  const config = smallConfig(join(folder, 'dictionary'), { steps: 12 });
  for (const stopAt of [1, 3, 4, 8, 11]) {
    const stop = new AbortController();
    const context = quietContext(folder, stop.signal, { progress: ({ step }) => { if (step === stopAt) stop.abort(); } });
    await assert.rejects(trainFrom(source(), config, context), { kind: 'cancelled' });
    assert.ok(readdirSync(join(folder, 'checkpoints')).some((name) => Number(name.slice(5)) === stopAt));
    assert.ok(readdirSync(join(folder, 'checkpoints')).length <= 2);
  }
  await trainFrom(source(), config, quietContext(folder));
  assert.deepEqual(weights(folder), weights(whole));
  assert.ok(!existsSync(join(folder, 'checkpoints')));
});

test('a finished run gives its result again without training', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const config = smallConfig(join(folder, 'dictionary'), { steps: 3 });
  const first = await trainFrom(source(), config, quietContext(folder));
  const again = await trainFrom(source(), config, quietContext(folder, undefined, { progress: () => assert.fail('it trained') }));
  assert.deepEqual(again, JSON.parse(JSON.stringify(first)));
});

test('a folder with another run is not trained over', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  await trainFrom(source(), smallConfig(join(folder, 'dictionary'), { steps: 2 }), quietContext(folder));
  const other = smallConfig(join(folder, 'dictionary'), { steps: 2, lr: 0.5 });
  await assert.rejects(trainFrom(source(), other, quietContext(folder)), { kind: 'conflict', message: /lr 0.002, not 0.5/ });
});

test('a batch with NaN ends the run with its origin, and the last checkpoint is kept', async (t) => {
  await eachBackend(t, async () => {
    const folder = temporaryFolder(t);
    const poisoned = source();
    const next = poisoned.next.bind(poisoned);
    let batches = 0;
    poisoned.next = async (rows) => {
      const batch = await next(rows);
      if (++batches === 9) batch.x[5 * 32 + 4] = Number.NaN;
      return batch;
    };
    const config = smallConfig(join(folder, 'dictionary'), { steps: 20 });
    await assert.rejects(trainFrom(poisoned, config, quietContext(folder)), (error) => {
      assert.ok(error instanceof LoupeError && error.kind === 'not-finite', String(error));
      assert.match(error.message, /sample 5 of synthetic batch 8/);
      return true;
    });
    assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['step-000000007']);
    assert.ok(!existsSync(join(folder, 'dictionary')));
  });
});

test('training on a store leaves a dictionary that knows where it came from', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  await writeSmallStore(join(folder, 'store'));
  const config = smallConfig(join(folder, 'dictionary'), {
    activations: [join(folder, 'store')], hookPoint: 'blocks.1.hook_resid_post', dSae: 6, k: 2, steps: 4, batch: 8, bufferRows: 8, heldOut: 8,
  });
  const result = await runTrain(config, quietContext(join(folder, 'run')));
  // held out are the last 2 contexts of 4 tokens, position 0 of each masked
  assert.equal(result['rows'], 6);
  const dictionary = await loadDictionary(join(folder, 'dictionary'));
  const { provenance } = dictionary;
  assert.deepEqual([provenance.variant, provenance.hookPoint, provenance.model?.name, provenance.tokensSeen], ['topk', 'blocks.1.hook_resid_post', 'fake', 32]);
  assert.equal(provenance.config['k'], 2);
  dictionary.dispose();
});

test('a wrong hook, a missing store and too little data are refused', async (t) => {
  const folder = temporaryFolder(t);
  await writeSmallStore(join(folder, 'store'));
  const refusal = async (changes: Record<string, unknown>, expected: object): Promise<void> => {
    const config = smallConfig(join(folder, 'd'), { activations: [join(folder, 'store')], ...changes });
    await assert.rejects(async () => runTrain(config, quietContext(join(folder, 'run'))), expected);
  };
  await refusal({ hookPoint: null }, { kind: 'bad-request', message: /several hooks/ });
  await refusal({ hookPoint: 'blocks.1.hook_resid_pots' }, { kind: 'not-found', message: /did you mean blocks.1.hook_resid_post/ });
  await refusal({ activations: [join(folder, 'none')] }, { kind: 'not-found' });
  await refusal({ hookPoint: 'blocks.1.hook_resid_post', heldOut: 1000 }, { kind: 'bad-request', message: /nothing is left/ });
});
