/** One forward pass over a batch of contexts, and the activations out of it as plain arrays. */
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { ContextBatch } from '../store/shard-writer.ts';
import type { StoreHook } from '../store/types.ts';
import type { PackedContext } from './pack.ts';

export interface ForwardOptions {
  readonly contextLength: number;
  /** Attention stays within each document. */
  readonly isolate: boolean;
  /** Half precision ends at 65,504; what would round to infinity is refused. */
  readonly dtype: 'float16' | 'float32';
}

/** The largest magnitude that half precision does not round to infinity, exclusive. */
const float16Limit = 65520;

/** The contexts as one batch: tokens and documents int32 [contexts * contextLength]. */
export function stack(contexts: readonly PackedContext[], contextLength: number): Pick<ContextBatch, 'tokens' | 'documents'> {
  const tokens = new Int32Array(contexts.length * contextLength);
  const documents = new Int32Array(contexts.length * contextLength);
  contexts.forEach((context, i) => {
    tokens.set(context.tokens, i * contextLength);
    documents.set(context.documents, i * contextLength);
  });
  return { tokens, documents };
}

/** Index of the first value that is not below `limit` in magnitude (NaN never is), or -1. */
export function firstBeyond(values: Float32Array, limit: number): number {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]!) < limit)) return i;
  return -1;
}

function refuse(hook: StoreHook, value: number, row: number, firstContext: number, { contextLength }: ForwardOptions): LoupeError {
  const place = `${hook.name} at context ${firstContext + Math.floor(row / contextLength)}, position ${row % contextLength}`;
  if (Number.isFinite(value)) return new LoupeError('bad-request', `dtype: the activation ${value} (${place}) does not fit float16, which ends at 65504. Use float32.`);
  return new LoupeError('not-finite', `the activation is ${value} (${place}). The model's weights or its arithmetic are broken there; check the model file.`);
}

/**
 * Runs the model up to the hooks: tokens and documents int32 [contexts * contextLength] -> per hook float32
 * [contexts * contextLength, d]. `firstContext` is for messages. Kinds: not-finite, bad-request (float16 overflow), unsupported (a hook
 * that has no value per token).
 */
export function forward(
  model: LanguageModel, hooks: readonly StoreHook[], batch: Pick<ContextBatch, 'tokens' | 'documents'>, firstContext: number, options: ForwardOptions,
): ContextBatch {
  const { contextLength, isolate, dtype } = options;
  const contexts = batch.tokens.length / contextLength;
  const names = hooks.map(({ name }) => name);
  const { logits, cache } = model.run(batch.tokens, contexts, contextLength, { names, logits: false, ...(isolate ? { documents: batch.documents } : {}) });
  try {
    const activations = new Map<string, Float32Array>();
    for (const hook of hooks) {
      const tensor = cache.get(hook.name)!;
      if (tensor.shape[1] !== contextLength || tensor.size !== batch.tokens.length * hook.d) {
        throw new LoupeError('unsupported', `hooks: ${hook.name} has the shape [${tensor.shape.join(', ')}], which is not one vector a token. Choose another hook.`);
      }
      const values = tensor.dataSync<'float32'>();
      const bad = firstBeyond(values, dtype === 'float16' ? float16Limit : Infinity);
      if (bad !== -1) throw refuse(hook, values[bad]!, Math.floor(bad / hook.d), firstContext, options);
      activations.set(hook.name, values);
    }
    return { ...batch, activations };
  } finally {
    logits?.dispose();
    for (const tensor of cache.values()) tensor.dispose();
  }
}
