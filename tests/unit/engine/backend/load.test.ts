import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { absent } from '../../../support/backend.ts';

const run = promisify(execFile);
const source = (path: string): string => JSON.stringify(new URL(`../../../../src/engine/backend/${path}`, import.meta.url).href);

/** A process of its own, because a process loads one backend. */
const program = `
  import { createRequire } from 'node:module';
  import * as tf from '@tensorflow/tfjs-core';
  const { loadBackend } = await import(${source('load.ts')});
  const choice = await loadBackend();
  const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 1]]));
  const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2]));
  const require = createRequire(${source('load.ts')});
  const again = await loadBackend(choice.backend);
  const other = await loadBackend(choice.backend === 'cpu' ? 'wasm' : 'cpu').catch((error) => error.kind);
  console.log(JSON.stringify({
    backend: tf.getBackend(), choice, product: [...await product.data()], gradient: [...await gradient.data()],
    oneCore: require('@tensorflow/tfjs-core').engine() === tf.engine(), same: again === choice, other,
  }));`;

interface Outcome {
  backend: string;
  choice: { backend: string; threads: number; probes: { backend: string; ok: boolean }[] };
  product: number[];
  gradient: number[];
  oneCore: boolean;
  same: boolean;
  other: string;
}

async function load(env: Record<string, string>): Promise<{ outcome: Outcome; stdout: string; stderr: string }> {
  const { LOUPE_BACKEND: _unset, ...rest } = process.env;
  const options = { env: { ...rest, ...env }, cwd: new URL('../../../../', import.meta.url) };
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const { stdout, stderr } = await run(process.execPath, args, options);
  return { outcome: JSON.parse(stdout) as Outcome, stdout, stderr };
}

for (const backend of ['tensorflow', 'wasm', 'cpu'] as const) {
  describe(`loading ${backend}`, { skip: await absent(backend) }, () => {
    it('computes on one tfjs-core, prints nothing of its own, and refuses a second backend', async () => {
      const { outcome, stderr } = await load({ LOUPE_BACKEND: backend });
      assert.equal(outcome.backend, backend);
      assert.deepEqual(outcome.product, [1, 2, 3, 4]);
      assert.deepEqual(outcome.gradient, [2, 4]); // d/dx x^2 = 2x
      assert.equal(outcome.oneCore, true);
      assert.equal(outcome.same, true);
      assert.equal(outcome.other, 'conflict');
      assert.equal(stderr, '');
    });
  });
}

describe('loading a backend', () => {
  it('falls to the next where the addon cannot be loaded, and says why', async () => {
    const { outcome } = await load({ LOUPE_ADDON: '/nowhere/addon.node' });
    assert.equal(outcome.choice.backend, 'wasm');
    assert.equal(outcome.choice.probes[0]?.backend, 'tensorflow');
    assert.equal(outcome.choice.probes[0]?.ok, false);
  });
});
