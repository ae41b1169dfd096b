/** Loads and L0 of a block's experts over batches, and how well the sparsity-aware router predicts L0 (MoE-X, Yang et al. 2025, arXiv 2503.07639, figure 4). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../../../ops/scope.ts';
import { Random } from '../../../random.ts';
import type { BlockStudy, Weights } from '../definition.ts';
import { expertWeights } from './adapter.ts';
import type { Routing } from './moe-x.ts';
import { RouterAgreement } from './router-agreement.ts';

/** Tokens on which all experts are run, for the agreement: it costs experts / k times the layer. */
const agreementTokens = 4096;
/** Of many experts fewer tokens. */
const mostPairs = 1 << 17;
const samplePairs = 1500;

/** The layer's input, x float32 [tokens, dModel], out of the norm before its learned weights. */
function normed(value: Tensor2D, weights: Weights): Tensor2D {
  return tf.add(tf.mul(value, weights['ln2.weight'] as Tensor1D), weights['ln2.bias'] as Tensor1D);
}

/** Tokens by expert, [experts]. */
function countTokens({ choice }: Routing, into: Float64Array): void {
  for (const expert of choice.experts) into[expert]!++;
}

/**
 * `route` as the layer does; `predicts`: its score foretells how few units fire. Reads the norm's value and mlp.hook_post, the gated code
 * float32 [tokens, experts * width].
 */
export function expertStudy(experts: number, route: (x: Tensor2D, weights: Weights) => Routing, predicts: boolean): BlockStudy {
  const [sent, fired] = [new Float64Array(experts), new Float64Array(experts)];
  const agreement = new RouterAgreement();
  let tokens = 0;
  const seeInput = (value: Tensor2D, weights: Weights): void => scoped(() => {
    const x = normed(value, weights);
    countTokens(route(x, weights), sent);
    const wanted = Math.min(x.shape[0], Math.min(agreementTokens, Math.ceil(mostPairs / experts)) - tokens);
    if (predicts && wanted > 0) agreement.add(tf.slice(x, [0, 0], [wanted, -1]), expertWeights(weights));
    tokens += x.shape[0];
  });
  const seeUnits = (code: Tensor2D): void => scoped(() => {
    const byExpert = tf.reshape(tf.cast(tf.notEqual(code, 0), 'float32'), [code.shape[0], experts, -1]);
    tf.sum(byExpert, [0, 2]).dataSync().forEach((count, expert) => (fired[expert]! += count));
  });
  return {
    hooks: ['ln2.hook_normalized', 'mlp.hook_post'],
    see: (hook, value, weights) => (hook === 'mlp.hook_post' ? seeUnits(value) : seeInput(value, weights)),
    state: () => ({ ...agreement.state(), sent: [...sent], fired: [...fired], tokens: [tokens] }),
    restore(state) {
      agreement.restore({ scores: state['scores']!, counts: state['counts']! }, experts);
      sent.set(state['sent']!);
      fired.set(state['fired']!);
      tokens = state['tokens']![0]!;
    },
    figures() {
      const [load, l0] = [Array.from(sent, (n) => (tokens === 0 ? 0 : n / tokens)), Array.from(fired, (n, expert) => (sent[expert] === 0 ? null : n / sent[expert]!))];
      return {
        routing: {
          experts, load, l0, dead: [...l0.keys()].filter((expert) => l0[expert] === null || l0[expert] === 0),
          pearson: predicts ? agreement.linear() : null, spearman: predicts ? agreement.correlation() : null,
          pairs: agreement.pairs, sample: agreement.sample(samplePairs, Random.from(0, 'pairs that are shown')).map(([score, count, expert]) => [score, count, expert]),
        },
      };
    },
  };
}
