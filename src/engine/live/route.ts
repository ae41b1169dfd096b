/** Where the tokens of a typed text go: the experts of each layer, and what the text loses without some of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Routed, RouteInput } from '../../shared/schema/experts.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { checkExpertsOff, expertsOf, type ExpertsOff } from '../lm/experts/experts-off.ts';
import { decodeOff } from '../lm/experts/mask-file.ts';
import type { ExpertUses } from '../lm/layers/definition.ts';
import { logProbabilities, negativeLogLikelihood } from '../lm/splice.ts';
import { promptTokens, shownTokens } from './tokens.ts';

/** -log p of each token given those before it, float32 [tokens], from logits float32 [1, tokens, vocab], which are freed; NaN for the first. */
function losses(logits: Tensor, ids: Int32Array): Float32Array {
  const out = new Float32Array(ids.length).fill(Number.NaN);
  if (ids.length < 2) {
    logits.dispose();
    return out;
  }
  const logP = logProbabilities(logits, Int32Array.from({ length: ids.length - 1 }, (_, i) => i));
  out.set(negativeLogLikelihood(logP, ids.subarray(1)), 1);
  logP.dispose();
  return out;
}

/** The strongest first, equal ones by number; what there is no room for is left out. */
function strongest({ experts, weights }: ExpertUses, top: number): number[] {
  return [...experts.keys()].sort((a, b) => weights[b]! - weights[a]! || experts[a]! - experts[b]!).slice(0, top);
}

/** What each token uses in every layer, with the experts in `off` left in: they are what is asked about. */
function usesOf(model: LanguageModel, ids: Int32Array): { readonly uses: ExpertUses[][]; readonly logits: Tensor } {
  const { form, shape } = expertsOf(model.config);
  const names = Array.from({ length: model.config.layers }, (_, layer) => form.hooks.map((hook) => `blocks.${layer}.${hook}`));
  const { logits, cache } = model.run(ids, 1, ids.length, { names: names.flat() });
  const uses = names.map((own) => form.uses(shape.layer, own.map((name) => cache.get(name)!.dataSync<'float32'>()), ids.length));
  tf.dispose([...cache.values()]);
  return { uses, logits: logits! };
}

/** Kinds: bad-request (text, a layer without an expert left), unsupported (a model without experts), mismatch. */
export function routePrompt(model: LanguageModel, { prompt, top, off: layers }: Omit<RouteInput, 'model'>): Routed {
  const { experts } = expertsOf(model.config);
  const off: ExpertsOff = decodeOff(experts, layers);
  checkExpertsOff(model.config, off);
  const tokens = promptTokens(model, prompt, model.tokenizer.prependsBos);
  const { ids } = tokens;
  const { uses, logits } = usesOf(model, ids);
  const slots = uses.length * ids.length * top;
  const [indices, weights, used] = [new Int32Array(slots), new Float32Array(slots), new Int32Array(uses.length * ids.length)];
  uses.flat().forEach((own, row) => {
    used[row] = own.experts.length;
    strongest(own, top).forEach((at, rank) => {
      indices[row * top + rank] = own.experts[at]!;
      weights[row * top + rank] = own.weights[at]!;
    });
  });
  const loss = losses(logits, ids);
  const without = off.size === 0 ? new Float32Array(ids.length).fill(Number.NaN) : losses(model.run(ids, 1, ids.length, { off }).logits!, ids);
  const shape = [uses.length, ids.length, top];
  return {
    model: { name: model.identity.name, hash: model.identity.hash }, tokens: shownTokens(model.tokenizer, tokens), experts,
    indices: vector(indices, shape), weights: vector(weights, shape), used: vector(used, shape.slice(0, 2)), loss: vector(loss), lossWithout: vector(without),
  };
}
