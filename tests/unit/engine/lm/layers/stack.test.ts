import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { useBackend } from '../../../../support/backends.ts';
import { trainSmall } from '../../../../support/layer-training.ts';
import { tinyLoss, tinyWeights, windows } from '../../../../support/tiny-lm.ts';
import type { TinyModel } from '../../../../support/tiny-lm.ts';

before(() => useBackend('tensorflow'));

// a period of 12 tokens with a repetition inside, so that the token before is not enough
const tokens = Int32Array.from({ length: 600 }, (_, i) => [0, 1, 2, 0, 3, 4, 0, 5, 6, 0, 7, 8][i % 12]!);
const size = { layers: 3, dModel: 24, heads: 2, context: 16, vocab: 9 };

for (const kind of layerKinds) {
  test(`${kind.id}: three blocks of it learn a rhyme, auxiliary losses and shared routers included`, () => {
    const fields = kind.id.startsWith('monet') ? { experts: 64, width: 4 } : {};
    const model: TinyModel = { kind, config: kind.config.parse(fields), size };
    const random = Random.from(1);
    const start = tinyWeights(model, random);
    const isStatistic = ([name]: readonly [string, unknown]): boolean => /router\.(mean|variance)/u.test(name);
    const statistics = Object.fromEntries(Object.entries(start).filter(isStatistic));
    const trained = Object.fromEntries(Object.entries(start).filter((entry) => !isStatistic(entry)));
    const { weights, losses } = trainSmall(trained, (now) => tinyLoss(model, { ...now, ...statistics }, windows(tokens, 8, 16, random)), { steps: 60, lr: 5e-3 });
    const layers = new Set<string>();
    tf.tidy(() => {
      tinyLoss(model, { ...weights, ...statistics }, windows(tokens, 1, 16, random), (layer, hook, value) => {
        if (hook === 'mlp.hook_post') layers.add(`${layer}: ${(value as Tensor2D).shape.join(' x ')}`);
      });
    });
    tf.dispose([weights, statistics]);
    const [first, last] = [losses[0]!, losses.slice(-5).reduce((sum, loss) => sum + loss, 0) / 5];
    assert.ok(first > 1.8 && last < 0.75 * first, `${first} to ${last}`);
    if (kind.id === 'dense' || kind.id === 'crate') assert.deepEqual([...layers], [0, 1, 2].map((layer) => `${layer}: 16 x ${kind.units(model.config, size)}`));
  });
}
