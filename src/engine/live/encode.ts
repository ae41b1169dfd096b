/** A text through a model and dictionaries: which latents fire on each token, and how likely each token was. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { EncodedDictionary, Encoded, EncodeInput } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { logProbabilities, negativeLogLikelihood } from '../lm/splice.ts';
import type { SparseCodes } from '../sae/dictionary.ts';
import { checkFeature, inputsOf, isSigned, rowOf, type LivePlace } from './place.ts';
import { countedTokens, promptTokens, shownTokens } from './tokens.ts';

/** Probability of each token given those before it, float32 [tokens], from logits float32 [1, tokens, vocab], which are freed; NaN for the first. */
function probabilities(logits: Tensor, ids: Int32Array): Float32Array {
  const out = new Float32Array(ids.length).fill(Number.NaN);
  if (ids.length < 2) {
    logits.dispose();
    return out;
  }
  const logP = logProbabilities(logits, Int32Array.from({ length: ids.length - 1 }, (_, i) => i));
  out.set(negativeLogLikelihood(logP, ids.subarray(1)).map((loss) => Math.exp(-loss)), 1);
  logP.dispose();
  return out;
}

/** Values at hooks, float32 [tokens, width] each, and the logits where they are wanted. Kind not-finite. */
export function valuesAt(model: LanguageModel, ids: Int32Array, hooks: readonly string[], logits: boolean): { readonly values: ReadonlyMap<string, Float32Array>; readonly logits: Tensor | null } {
  if (hooks.length === 0 && !logits) return { values: new Map(), logits: null };
  const result = model.run(ids, 1, ids.length, { names: [...new Set(hooks)], logits });
  const values = new Map([...result.cache].map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
  tf.dispose([...result.cache.values()]);
  for (const [name, own] of values) {
    if (own.every((value) => Number.isFinite(value))) continue;
    result.logits?.dispose();
    throw new LoupeError('not-finite', `the activations at ${name} are not finite: the model's weights or its arithmetic are broken. Check the model file.`);
  }
  return { values, logits: result.logits };
}

/** The `top` strongest of each row by magnitude, equal ones by number; and how many fire. */
export function strongestLatents({ rows, width, indices, values }: SparseCodes, top: number): { readonly indices: Int32Array; readonly values: Float32Array; readonly counts: Int32Array } {
  const out = { indices: new Int32Array(rows * top), values: new Float32Array(rows * top), counts: new Int32Array(rows) };
  for (let row = 0; row < rows; row++) {
    const slots: number[] = [];
    for (let slot = row * width; slot < (row + 1) * width; slot++) if (values[slot] !== 0) slots.push(slot);
    out.counts[row] = slots.length;
    slots.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || indices[a]! - indices[b]!);
    slots.slice(0, top).forEach((slot, i) => {
      out.indices[row * top + i] = indices[slot]!;
      out.values[row * top + i] = values[slot]!;
    });
  }
  return out;
}

function described({ open, dictionary, read }: LivePlace, codes: SparseCodes, top: number): EncodedDictionary {
  const { indices, values, counts } = strongestLatents(codes, top);
  return {
    path: open.path, hash: open.hash, variant: dictionary.provenance.variant, hooks: [...read], features: dictionary.dSae,
    signed: isSigned(dictionary) || codes.values.some((value) => value < 0),
    indices: vector(indices, [codes.rows, top]), values: vector(values, [codes.rows, top]), counts: vector(counts),
  };
}

/** Contexts began with BOS where the first of the dictionaries was trained; without any, where the tokenizer puts it. */
export function prependsBos(model: Pick<LanguageModel, 'tokenizer'>, places: readonly Pick<LivePlace, 'dictionary'>[]): boolean {
  return places[0]?.dictionary.provenance.prependBos ?? model.tokenizer.prependsBos;
}

/** Kinds: bad-request (text), not-found (a feature), not-finite, unsupported. */
export function encodePrompt(model: LanguageModel, places: readonly LivePlace[], input: Omit<EncodeInput, 'model' | 'dictionaries'>): Encoded {
  const tokens = promptTokens(model, input.prompt, prependsBos(model, places));
  const { ids } = tokens;
  for (const { dictionary, feature } of input.rows) {
    if (places[dictionary] === undefined) throw new LoupeError('bad-request', `rows: dictionary ${dictionary} is not there, ${places.length} were given.`);
    checkFeature(places[dictionary].dictionary, feature);
  }
  const { values, logits } = valuesAt(model, ids, places.flatMap(({ read }) => read), input.predictions);
  const codes = places.map((place) => place.dictionary.encode(inputsOf(place, values, ids.length), ids.length));
  const rows = new Float32Array(input.rows.length * ids.length);
  input.rows.forEach(({ dictionary, feature }, i) => rows.set(rowOf(codes[dictionary]!, feature), i * ids.length));
  return {
    model: { name: model.identity.name, hash: model.identity.hash },
    tokens: shownTokens(model.tokenizer, tokens), counted: vector(countedTokens(model.tokenizer, ids)),
    probability: vector(logits === null ? new Float32Array(ids.length).fill(Number.NaN) : probabilities(logits, ids)),
    dictionaries: places.map((place, i) => described(place, codes[i]!, input.top)),
    rows: vector(rows, [input.rows.length, ids.length]),
  };
}
