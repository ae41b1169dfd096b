/**
 * Layers in training: what models.md says of whole runs (B-T6, C-T6, I-T2, I-T3, I-T6). Where it says that a claim may fail, the figures are printed and only that
 * training worked is asserted.
 */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { crate } from '../../src/engine/lm/layers/crate.ts';
import { codingRates, nonZeroShare } from '../../src/engine/lm/layers/crate/measures.ts';
import { dense } from '../../src/engine/lm/layers/dense.ts';
import { Random } from '../../src/engine/random.ts';
import { useBackend } from '../support/backends.ts';
import { trainDigits } from '../support/digits.ts';
import type { DigitRun } from '../support/digits.ts';
import { trainSmall } from '../support/layer-training.ts';
import type { Named } from '../support/layer-training.ts';
import { characters, docsTokens, tinyLoss, tinyWeights, windows } from '../support/tiny-lm.ts';
import type { TinyModel } from '../support/tiny-lm.ts';
import { purgeToyMonet } from '../support/toy-purge.ts';

const round = (value: number): number => Math.round(value * 1000) / 1000;
const last = (values: readonly number[], count = 50): number => round(values.slice(-count).reduce((sum, value) => sum + value, 0) / count);

// B-T6: a rise three times that elsewhere is the claim; in six runs it was 31 times at least
async function purge(kind: 'hd' | 'vd', seed: number): Promise<Record<string, unknown>> {
  await useBackend('tensorflow');
  const result = purgeToyMonet(kind, seed, 600);
  // the least loss of the grammar is 0.325 nats, chance among 64 tokens 4.16
  assert.ok(Math.max(...result.before) < 1, `losses ${result.before.join(', ')}`);
  assert.ok(result.holds, `rises ${result.rises.join(', ')}; elsewhere ${result.elsewhere.join(', ')}`);
  return { ...result };
}

interface LayerFigures {
  readonly nonZero: number[];
  readonly rc: number[];
  readonly r: number[];
}

/** Figures by layer on eight held windows. */
function crateFigures(model: TinyModel, weights: Named, batch: { readonly inputs: Int32Array; readonly targets: Int32Array }): LayerFigures {
  const figures: LayerFigures = { nonZero: [], rc: [], r: [] };
  tf.tidy(() => {
    tinyLoss(model, weights, batch, (layer, hook, value) => {
      if (hook === 'mlp.hook_post') figures.nonZero.push(round(nonZeroShare(value)));
      if (hook !== 'hook_resid_mid') return;
      const { rc, r } = codingRates(value, weights[`${layer}/attn.subspaces.weight`] as Tensor2D, { batch: 8, length: model.size.context, heads: model.size.heads });
      figures.rc.push(round(rc));
      figures.r.push(round(r));
    });
  });
  return figures;
}

// C-T6: the claim is that the last layer is sparser than the first, and than itself at the start
async function crateCurve(overcomplete: number, seed: number): Promise<Record<string, unknown>> {
  await useBackend('tensorflow');
  const model: TinyModel = { kind: crate, config: crate.config.parse({ overcomplete }), size: { layers: 4, dModel: 64, heads: 4, context: 64, vocab: characters } };
  const [tokens, random] = [docsTokens(), Random.from(seed)];
  const held = windows(tokens, 8, 64, Random.from(99));
  const weights = tinyWeights(model, random);
  const start = crateFigures(model, weights, held);
  const trained = trainSmall(weights, (now) => tinyLoss(model, now, windows(tokens, 8, 64, random)), { steps: 2000, lr: 2e-3 });
  const end = crateFigures(model, trained.weights, held);
  tf.dispose(trained.weights);
  const loss = last(trained.losses);
  assert.ok(loss < 3, `loss ${loss}: a unigram model has about 3.3`);
  return { loss, start, end, sparserThanFirst: end.nonZero.at(-1)! < end.nonZero[0]!, sparserThanStart: end.nonZero.at(-1)! < start.nonZero.at(-1)! };
}

/** Non-zero shares of the second hidden layer over seeds, mean at the start and trained. */
async function digits(run: Omit<DigitRun, 'seed'>, seeds: number, leastDrop: number | null): Promise<Record<string, unknown>> {
  await useBackend('tensorflow');
  const results = Array.from({ length: seeds }, (_, seed) => trainDigits({ ...run, seed }));
  const mean = (of: (result: (typeof results)[number]) => number): number => round(results.reduce((sum, result) => sum + of(result), 0) / seeds);
  if (leastDrop !== null) for (const { start, trained } of results) assert.ok(start[1]! - trained[1]! >= leastDrop, `${start[1]} to ${trained[1]}`);
  return {
    second: [mean(({ start }) => start[1]!), mean(({ trained }) => trained[1]!)], first: [mean(({ start }) => start[0]!), mean(({ trained }) => trained[0]!)],
    accuracy: mean(({ accuracy }) => accuracy), seeds,
  };
}

// I-T6: the hypothesis is that wider is sparser
async function widths(factor: number, seed: number): Promise<Record<string, unknown>> {
  await useBackend('tensorflow');
  const size = { layers: 2, dModel: 64, heads: 4, context: 64, vocab: characters };
  const model: TinyModel = { kind: dense, config: dense.config.parse({ activation: 'relu', hidden: 128 * factor }), size };
  const [tokens, random] = [docsTokens(), Random.from(seed)];
  const held = windows(tokens, 8, 64, Random.from(99));
  const curve: number[][] = [];
  const measure = (weights: Named): void => tf.tidy(() => {
    const shares: number[] = [];
    tinyLoss(model, weights, held, (_layer, hook, value) => { if (hook === 'mlp.hook_post') shares.push(round(nonZeroShare(value))); });
    curve.push(shares);
  });
  const { weights, losses } = trainSmall(tinyWeights(model, random), (now, step) => {
    // within a step's scope gradients are being taken: the measurement reads plain values
    if (step % 200 === 1) measure(now);
    return tinyLoss(model, now, windows(tokens, 8, 64, random));
  }, { steps: 1001, lr: 2e-3 });
  tf.dispose(weights);
  assert.ok(last(losses) < 3);
  return { hidden: 128 * factor, loss: last(losses), 'share by layer every 200 steps': curve };
}

const sgd = { optimiser: 'sgd', randomLabels: false } as const;
const adam = { optimiser: 'adam', randomLabels: false } as const;

export const cases = [
  ...(['hd', 'vd'] as const).flatMap((kind) => [0, 1, 2].map((seed) => ({ name: `B-T6 purge of a grammar, monet-${kind}, seed ${seed}`, run: () => purge(kind, seed) }))),
  ...[1, 4].flatMap((overcomplete) => [0, 1].map((seed) => ({ name: `C-T6 CRATE on text, dictionary x ${overcomplete}, seed ${seed}`, run: () => crateCurve(overcomplete, seed) }))),
  { name: 'I-T2 digits, SGD, init x 2: the second layer drops by 0.2', run: () => digits({ ...sgd, scale: 2 }, 5, 0.2) },
  { name: 'I-T2 digits, SGD, He init', run: () => digits({ ...sgd, scale: 1 }, 3, null) },
  { name: 'I-T2 digits, Adam, He init', run: () => digits({ ...adam, scale: 1 }, 3, null) },
  { name: 'I-T3 random labels, SGD, He init: a drop of 0.15', run: () => digits({ ...sgd, randomLabels: true, scale: 1 }, 3, 0.15) },
  { name: 'I-T3 random labels, SGD, init x 2: a drop of 0.15', run: () => digits({ ...sgd, randomLabels: true, scale: 2 }, 3, 0.15) },
  { name: 'I-T3 random labels, Adam, He init', run: () => digits({ ...adam, randomLabels: true, scale: 1 }, 3, null) },
  ...[1, 2, 4].map((factor) => ({ name: `I-T6 ReLU transformer, width x ${factor}`, run: () => widths(factor, 0) })),
];
