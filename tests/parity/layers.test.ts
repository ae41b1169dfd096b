/** Layers of MoE-X, Switch, Monet and CRATE beside plain PyTorch (layers_reference.py): values within 1e-5, gradients within 1e-4 of the largest. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { crate } from '../../src/engine/lm/layers/crate.ts';
import { causalMssa } from '../../src/engine/lm/layers/crate/mssa.ts';
import type { AnyLayerKind, BlockTools } from '../../src/engine/lm/layers/definition.ts';
import { moeX } from '../../src/engine/lm/layers/moe-x.ts';
import { monetHd, monetVd } from '../../src/engine/lm/layers/monet.ts';
import { switchMoe } from '../../src/engine/lm/layers/switch.ts';
import { eachBackend } from '../support/backends.ts';
import { smallSize } from '../support/layer-checks.ts';
import { watchedPass } from '../support/layer-pass.ts';
import type { WatchedPass } from '../support/layer-pass.ts';
import { gradientsOf } from '../support/layer-training.ts';
import type { Named } from '../support/layer-training.ts';
import { normalise } from '../support/toy-domains.ts';
import { runPython } from './python.ts';

interface Flat {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly weights: Record<string, Flat>;
  readonly x: Flat;
  readonly direction: Flat;
  readonly y: Flat;
  readonly factors: Record<string, number>;
  readonly losses: Record<string, number>;
  readonly values: Record<string, Flat>;
  readonly gradients: Record<string, Flat>;
}

type Forward = (x: Tensor2D, weights: Named) => { readonly y: Tensor; readonly losses: Readonly<Record<string, Tensor>> };

let cases: Record<string, Case>;
before(async () => {
  cases = JSON.parse(await runPython('layers_reference.py')) as Record<string, Case>;
});

const tensor = ({ shape, data }: Flat): Tensor => tf.tensor(data, shape);
const largest = (data: ArrayLike<number>): number => Math.max(...Array.from(data, Math.abs));

function assertNear(got: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string): void {
  assert.equal(got.length, expected.length, what);
  const scale = Math.max(largest(expected), 1e-6);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));
  assert.ok(worst <= tolerance * scale, `${what}: ${worst} of ${scale}`);
}

function compare(name: string, forward: Forward): void {
  const one = cases[name]!;
  const weights = Object.fromEntries(Object.entries(one.weights).map(([key, value]) => [key, tensor(value)]));
  const x = tensor(one.x) as Tensor2D;
  const { y, losses } = forward(x, weights);
  assertNear(y.dataSync(), one.y.data, 1e-5, `${name}: y`);
  assert.deepEqual(Object.keys(losses), Object.keys(one.losses));
  for (const [key, loss] of Object.entries(losses)) assertNear(loss.dataSync(), [one.losses[key]!], 1e-5, `${name}: ${key}`);
  const { gradients } = gradientsOf({ ...weights, x }, ({ x: rows, ...now }) => {
    const result = forward(rows as Tensor2D, now);
    const start = tf.sum(tf.mul(result.y, tensor(one.direction)));
    return Object.entries(result.losses).reduce<Tensor>((sum, [key, loss]) => tf.add(sum, tf.mul(loss, one.factors[key]!)), start) as Scalar;
  });
  for (const [key, gradient] of Object.entries(gradients)) assertNear(gradient.dataSync(), one.gradients[key]!.data, 1e-4, `${name}: gradient of ${key}`);
}

/** A kind with the weights under the names that it gives them. */
function layerOf(kind: AnyLayerKind, config: unknown, rename: (name: string) => string, pass: () => WatchedPass): Forward {
  return (x, weights) => kind.forward(x, Object.fromEntries(Object.entries(weights).map(([name, value]) => [rename(name), value])), config, pass(), smallSize);
}

const inMlp = (name: string): string => `mlp.${name}`;

for (const watch of [false, true]) {
  const form = watch ? 'through the wide code' : 'by the experts chosen';
  test(`MoE-X and Switch, ${form}`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      compare('moe-x', layerOf(moeX, moeX.config.parse({ experts: 6, k: 2 }), inMlp, () => watchedPass({ watch, training: true })));
      for (const k of [1, 2]) compare(`switch-${k}`, layerOf(switchMoe, switchMoe.config.parse({ experts: 6, k }), inMlp, () => watchedPass({ watch, training: true })));
    }));
  });

  test(`Monet, horizontal and vertical, ${watch ? 'through all pairs' : 'through the halves'}, with the running statistics of BatchNorm1d`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      for (const kind of [monetHd, monetVd]) {
        const config = kind.config.parse({ experts: 144, width: 4, heads: 2, active: 3 });
        const running = { 'mlp.router.mean1': tf.zeros([2]), 'mlp.router.variance1': tf.ones([2]), 'mlp.router.mean2': tf.zeros([2]), 'mlp.router.variance2': tf.ones([2]) };
        let pass = watchedPass();
        const forward: Forward = (x, weights) => {
          pass = watchedPass({ watch, training: true });
          const named = Object.fromEntries(Object.entries(weights).map(([name, value]) => [/^w[12]$/u.test(name) ? `mlp.router.${name}` : `mlp.${name}`, value]));
          return (kind as AnyLayerKind).forward(x, { ...named, ...running }, config, pass, smallSize);
        };
        compare(kind.id, forward);
        forward(tensor(cases[kind.id]!.x) as Tensor2D, Object.fromEntries(Object.entries(cases[kind.id]!.weights).map(([key, value]) => [key, tensor(value)])));
        for (const name of ['mean1', 'variance1', 'mean2', 'variance2']) assertNear(pass.updates.get(`mlp.router.${name}`)!.dataSync(), cases[kind.id]!.values[name]!.data, 1e-5, name);
        for (const name of ['gates1', 'gates2']) assertNear(pass.left.get(`monet.${name}`)!.dataSync(), cases[kind.id]!.values[name]!.data, 1e-5, name);
      }
    }));
  });
}

test('CRATE blocks, published and overcomplete', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const tools: BlockTools = {
      size: smallSize, finished: false, norm: (_name, x) => normalise(x), at: (_hook, value) => value,
      attend: (x, qkv, out) => causalMssa(x, { wQkv: tf.slice(qkv.weight, [0, 0], [8, 8]), wOut: out.weight, bOut: out.bias as Tensor1D }, { batch: 3, length: 7, heads: 2 }),
    };
    for (const [name, fields] of [['crate', {}], ['crate-overcomplete', { overcomplete: 3, steps: 2 }]] as const) {
      const config = crate.config.parse(fields) as Parameters<typeof crate.forward>[2];
      compare(name, (x, weights) => ({ y: crate.block!(config).apply(x, weights, (normed) => crate.forward(normed, weights, config, watchedPass(), smallSize).y, tools), losses: {} }));
    }
  }));
});
