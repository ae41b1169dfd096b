/**
 * What a latent is worth to the model: its contribution is taken away at the hook, x - f_j d_j, with the dictionary's error kept, and the
 * next-token loss says what changed (error-preserving ablation, as in Marks et al. 2024, arXiv 2403.19647, section 3).
 *
 * It is taken away where catalogs count it: not at the first position of a context, nor at special tokens.
 */
import type { Ablated, AblateInput } from '../../shared/schema/live.ts';
import { liveLimits } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { spliceAt, type TokenBatch } from '../lm/splice.ts';
import { rowMask } from '../store/mask.ts';
import { valuesAt } from './encode.ts';
import { checkFeature, contribution, inputsOf, rowOf, writeHook, type LivePlace } from './place.ts';

function contextOf(model: LanguageModel, { tokens, documents }: Pick<AblateInput, 'tokens' | 'documents'>): TokenBatch {
  const ids = Int32Array.from(tokens.data);
  const most = Math.min(4 * liveLimits.tokens, model.config.contextLength);
  if (ids.length < 2 || ids.length > most) throw new LoupeError('bad-request', `tokens: there are ${ids.length}; give 2 to ${most}.`);
  if (documents !== null && documents.data.length !== ids.length) throw new LoupeError('bad-request', `documents: there are ${documents.data.length} for ${ids.length} tokens.`);
  const own = documents === null ? new Int32Array(ids.length) : Int32Array.from(documents.data);
  const mask = rowMask({ contextLength: ids.length, specialTokenIds: [...model.tokenizer.specialTokenIds], isolate: documents !== null }, ids, own);
  return { tokens: ids, batch: 1, length: ids.length, mask, ...(documents === null ? {} : { documents: own }) };
}

/** Values of the rows `at` out of float32 [rows, width]. */
function rowsOf(values: Float32Array, at: Int32Array, width: number): Float32Array {
  const out = new Float32Array(at.length * width);
  at.forEach((row, i) => out.set(values.subarray(row * width, (row + 1) * width), i * width));
  return out;
}

/** `values` float32 [scored] told at the token that is predicted, the one behind each scored row; not a number elsewhere. */
function atPredicted(values: ArrayLike<number>, scored: Int32Array, length: number): Float32Array {
  const out = new Float32Array(length).fill(Number.NaN);
  scored.forEach((row, i) => { out[row + 1] = values[i]!; });
  return out;
}

/** Activations of the hooks with attention as in the context. */
function readValues(model: LanguageModel, { tokens, documents }: TokenBatch, place: LivePlace): Float32Array {
  if (documents === undefined) return inputsOf(place, valuesAt(model, tokens, place.read, false).values, tokens.length);
  const { cache } = model.run(tokens, 1, tokens.length, { names: [...place.read], logits: false, documents });
  const values = new Map([...cache].map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
  cache.forEach((tensor) => tensor.dispose());
  return inputsOf(place, values, tokens.length);
}

/** Kinds: bad-request (tokens), not-found (the feature), unsupported (a crosscoder), not-finite. */
export function ablateLatent(model: LanguageModel, place: LivePlace, feature: number, input: Pick<AblateInput, 'tokens' | 'documents'>): Ablated {
  checkFeature(place.dictionary, feature);
  const hook = writeHook(place);
  const batch = contextOf(model, input);
  const { length } = batch;
  const x = readValues(model, batch, place);
  const codes = place.dictionary.encode(x, length);
  const added = contribution(place, x, codes, feature);
  const splice = spliceAt(model, batch, hook);
  try {
    const taken = rowsOf(added, splice.counted, splice.d);
    const { crossEntropy, kl } = splice.replaced(splice.x.map((value, i) => value - taken[i]!));
    const change = crossEntropy.map((loss, i) => loss - splice.crossEntropy[i]!);
    const told = (values: ArrayLike<number>): ReturnType<typeof vector> => vector(atPredicted(values, splice.scored, length));
    return {
      hook, activations: vector(rowOf(codes, feature).map((value, row) => (batch.mask[row] === 1 ? value : 0))),
      loss: told(splice.crossEntropy), change: told(change), kl: told(kl), sum: change.reduce((a, b) => a + b, 0), scored: splice.scored.length,
    };
  } finally {
    splice.dispose();
  }
}
