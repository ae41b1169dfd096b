/** Four grammars over disjoint tokens, and one-layer models of them: what routers and experts can specialise on. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { expertLoads } from '../../src/engine/lm/layers/moe/load-balance.ts';
import type { ExpertWeights } from '../../src/engine/lm/layers/moe/experts.ts';
import { applyMoeX, routeBySparsity } from '../../src/engine/lm/layers/moe/moe-x.ts';
import { expertSpecs, moeXShift } from '../../src/engine/lm/layers/moe/parameters.ts';
import { crossEntropySum } from '../../src/engine/ops/cross-entropy.ts';
import { Random } from '../../src/engine/random.ts';
import { trainSmall } from './layer-training.ts';
import type { Named } from './layer-training.ts';
import { startWeights } from './layer-weights.ts';

export const toyDomains = 4;
export const tokensPerDomain = 16;
export const toyVocabulary = toyDomains * tokensPerDomain;

/** In each domain a token has two successors, one nine times as likely as the other: the least loss is 0.325 nats. */
export class ToyGrammar {
  readonly #next: Int32Array;

  constructor(seed: number) {
    const random = Random.from(seed, 'grammar');
    this.#next = Int32Array.from({ length: toyVocabulary * 2 }, (_, i) => Math.floor(i / 2 / tokensPerDomain) * tokensPerDomain + random.integer(tokensPerDomain));
  }

  /** Tokens of one domain with their successors. */
  pairs(domain: number, count: number, random: Random): { readonly tokens: Int32Array; readonly targets: Int32Array } {
    const tokens = Int32Array.from({ length: count }, () => domain * tokensPerDomain + random.integer(tokensPerDomain));
    return { tokens, targets: tokens.map((token) => this.#next[token * 2 + Number(random.uniform() < 0.1)]!) };
  }

  /** The same number of each domain. */
  mixed(each: number, random: Random): { readonly tokens: Int32Array; readonly targets: Int32Array } {
    const parts = Array.from({ length: toyDomains }, (_, domain) => this.pairs(domain, each, random));
    return { tokens: Int32Array.from(parts.flatMap((part) => [...part.tokens])), targets: Int32Array.from(parts.flatMap((part) => [...part.targets])) };
  }
}

/** Rows of a table [vocabulary, d] by a product with one-hot rows, which has a gradient on every backend. */
export function embed(table: Tensor2D, tokens: Int32Array): Tensor2D {
  return tf.matMul(tf.cast(tf.oneHot(tf.tensor1d(tokens, 'int32'), table.shape[0]), 'float32') as Tensor2D, table);
}

/** Rows of length sqrt(d) around their mean: LayerNorm without weights. */
export function normalise(x: Tensor2D): Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5)));
}

/** Mean next-token loss in nats of what reads x float32 [tokens, d] out by wU [d, vocabulary]. */
export function readoutLoss(x: Tensor2D, wU: Tensor2D, targets: Int32Array): Scalar {
  return tf.div(crossEntropySum(tf.matMul(normalise(x), wU), targets), targets.length) as Scalar;
}

/** Experts with biases at the start. */
export function startExperts({ experts, width, dModel, layers }: { readonly experts: number; readonly width: number; readonly dModel: number; readonly layers: number }, random: Random, shift: number): ExpertWeights {
  return startWeights(expertSpecs({ experts, width, biases: true }, { dModel, layers }, shift), random) as unknown as ExpertWeights;
}

/** Embedding, one MoE-X layer in a residual stream, readout. Loads are those of 1,024 fresh tokens. */
export function trainToyMoeX({ balance, steps, seed }: { readonly balance: number; readonly steps: number; readonly seed: number }): { readonly first: number; readonly last: number; readonly loads: Float32Array } {
  const config = { k: 2, temperature: 1, activation: 'relu' } as const;
  const [random, grammar, dModel] = [Random.from(seed), new ToyGrammar(seed), 32];
  const start = startExperts({ experts: 8, width: 32, dModel, layers: 1 }, random, moeXShift) as unknown as Named;
  start['wE'] = tf.tensor2d(random.normals(toyVocabulary * dModel, 0.1), [toyVocabulary, dModel]);
  start['wU'] = tf.tensor2d(random.normals(dModel * toyVocabulary, 0.1), [dModel, toyVocabulary]);
  const loss = (weights: Named): Scalar => {
    const { tokens, targets } = grammar.mixed(64, random);
    const x = embed(weights['wE'] as Tensor2D, tokens);
    const { output, routing } = applyMoeX(normalise(x), weights as unknown as ExpertWeights, config);
    return tf.add(readoutLoss(tf.add(x, output), weights['wU'] as Tensor2D, targets), tf.mul(routing.balance, balance));
  };
  const { weights, losses } = trainSmall(start, loss, { steps, lr: 3e-3 });
  const loads = tf.tidy(() => {
    const x = normalise(embed(weights['wE'] as Tensor2D, grammar.mixed(256, random).tokens));
    return tf.tensor1d(expertLoads(routeBySparsity(x, weights as unknown as ExpertWeights, config).choice, 8)) as Tensor;
  });
  const result = { first: losses[0]!, last: losses.slice(-20).reduce((sum, l) => sum + l, 0) / 20, loads: loads.dataSync<'float32'>() };
  tf.dispose([loads, weights]);
  return result;
}
