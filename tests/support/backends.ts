/** One body on every backend of this machine, in one process. */
import type { TestContext } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../src/engine/backend/load.ts';
import type { BackendName } from '../../src/engine/backend/select.ts';
import { absent } from './backend.ts';

const importers: Readonly<Record<BackendName, () => Promise<unknown>>> = {
  tensorflow: () => Promise.resolve(),
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/** Makes `name` the backend of this process. What production code loads by itself stays loaded beside it. */
export async function useBackend(name: BackendName): Promise<void> {
  await loadBackend();
  await importers[name]();
  if (!(await tf.setBackend(name))) throw new Error(`tfjs refuses the backend ${name}`);
  await tf.ready();
}

/** Runs `body` as a subtest on each backend; one that is absent is skipped aloud. Also checks that no tensor is left behind. */
export async function eachBackend(t: TestContext, body: (name: BackendName) => void | Promise<void>): Promise<void> {
  for (const name of ['tensorflow', 'wasm', 'cpu'] as const) {
    await t.test(name, { skip: await absent(name) }, async () => {
      await useBackend(name);
      const before = tf.memory().numTensors;
      await body(name);
      if (tf.memory().numTensors !== before) throw new Error(`${tf.memory().numTensors - before} tensors are left`);
    });
  }
}
