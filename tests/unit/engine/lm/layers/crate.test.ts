import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { crate } from '../../../../../src/engine/lm/layers/crate.ts';
import { causalMssa } from '../../../../../src/engine/lm/layers/crate/mssa.ts';
import type { BlockTools } from '../../../../../src/engine/lm/layers/definition.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkGradients, checkHook, inputRows, smallSize } from '../../../../support/layer-checks.ts';
import { watchedPass } from '../../../../support/layer-pass.ts';
import { countParameters, startWeights } from '../../../../support/layer-weights.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { normalise } from '../../../../support/toy-domains.ts';

type Config = Parameters<typeof crate.forward>[2];
const config = crate.config.parse({}) as Config;

test('the hook holds the code, and the dictionary has a gradient, square and overcomplete', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const own of [config, { ...config, overcomplete: 4 }, { ...config, overcomplete: 4, steps: 3 }]) {
      checkHook(crate, own);
      const { figures } = checkGradients(crate, own);
      const share = figures!['nonZero']!.dataSync()[0]!;
      assert.ok(share > 0.05 && share < 0.95, String(share));
    }
  }));
});

/** What a model gives a block, over the twin in plain ops. */
function tools(seen: { qkv?: Tensor2D } = {}): BlockTools {
  return {
    size: smallSize, finished: false,
    norm: (_name, x) => normalise(x),
    at: (_hook, value) => value,
    attend: (x, qkv, out) => {
      seen.qkv = qkv.weight;
      // queries: as keys and values are the same map, the first third is all that the twin needs
      const wQkv = tf.slice(qkv.weight, [0, 0], [smallSize.dModel, smallSize.dModel]) as Tensor2D;
      return causalMssa(x, { wQkv, wOut: out.weight, bOut: out.bias as Tensor1D }, { batch: 3, length: 8, heads: smallSize.heads });
    },
  };
}

// C-T5
test('query, key and value are one matrix; a block has 3 d^2 + 5 d parameters, exactly', async (t) => {
  const block = crate.block!(config);
  const specs = { ...block.parameters(smallSize), ...crate.parameters(config, smallSize, 0) };
  const d = smallSize.dModel;
  // d^2 subspaces, d^2 + d output, d^2 dictionary, 2 norms of 2 d
  assert.equal(countParameters(specs), 3 * d * d + 5 * d);
  await eachBackend(t, () => tf.tidy(() => {
    const weights = startWeights(specs, Random.from(1));
    const seen: { qkv?: Tensor2D } = {};
    block.apply(inputRows(smallSize), weights, (normed) => normed, tools(seen));
    const own = weights['attn.subspaces.weight']!.dataSync();
    for (const third of [0, 1, 2]) assert.deepEqual(tf.slice(seen.qkv!, [0, third * d], [d, d]).dataSync(), own);
  }));
});

test('the published block gives the code as the new stream, the overcomplete one adds what it reads out', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = inputRows(smallSize);
    for (const own of [config, { ...config, overcomplete: 3 }]) {
      const block = crate.block!(own);
      const weights = startWeights({ ...block.parameters(smallSize), ...crate.parameters(own, smallSize, 0) }, Random.from(2));
      const mid = tf.add(x, causalMssa(normalise(x), { wQkv: weights['attn.subspaces.weight'] as Tensor2D, wOut: weights['attn.out.weight'] as Tensor2D, bOut: weights['attn.out.bias'] as Tensor1D }, { batch: 3, length: 8, heads: 2 })) as Tensor2D;
      const y = crate.forward(normalise(mid), weights, own, watchedPass(), smallSize).y;
      const got = block.apply(x, weights, (normed) => crate.forward(normed, weights, own, watchedPass(), smallSize).y, tools());
      assertClose(got.dataSync(), (own.overcomplete === 1 ? y : tf.add(mid, y)).dataSync(), 1e-5);
      if (own.overcomplete === 1) assert.ok(got.dataSync().every((value) => value >= 0));
    }
  }));
});

test('units, and several steps of the published block are refused', () => {
  assert.equal(crate.units({ ...config, overcomplete: 4 }, smallSize), 48);
  assert.equal(crate.unitName(config, smallSize, 3), 'atom 3');
  assert.match(crate.problem!({ ...config, steps: 2 }, smallSize)!, /steps is 2/);
  assert.equal(crate.problem!({ ...config, steps: 2, overcomplete: 2 }, smallSize), null);
});
