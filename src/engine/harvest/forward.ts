/** One forward pass over a batch of contexts, and the activations out of it, and perhaps the loss gradients, as plain arrays. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { lossGradients } from '../lm/loss-gradients.ts';
import { gradientHook } from '../store/manifest.ts';
import type { ContextBatch } from '../store/shard-writer.ts';
import type { StoreHook } from '../store/types.ts';
import type { PackedContext } from './pack.ts';

export interface ForwardOptions {
  readonly contextLength: number;
  /** Attention stays within each document. */
  readonly isolate: boolean;
  /** Half precision ends at 65,504; what would round to infinity is refused. */
  readonly dtype: 'float16' | 'float32';
  /** The gradient of the loss at each hook is wanted beside its value. */
  readonly gradients?: boolean;
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

/** Tokens a context is padded to from `length` are left out of the pass: they come last, and attention is causal. */
function trimmed({ tokens, documents }: Pick<ContextBatch, 'tokens' | 'documents'>, contextLength: number): Pick<ContextBatch, 'tokens' | 'documents'> & { readonly length: number } {
  const contexts = tokens.length / contextLength;
  let length = contextLength;
  const isPadding = (position: number): boolean => Array.from({ length: contexts }, (_, c) => documents[c * contextLength + position]!).every((document) => document < 0);
  while (length > 1 && isPadding(length - 1)) length--;
  if (length === contextLength) return { tokens, documents, length };
  const cut = (values: Int32Array): Int32Array => Int32Array.from({ length: contexts * length }, (_, i) => values[Math.floor(i / length) * contextLength + (i % length)]!);
  return { tokens: cut(tokens), documents: cut(documents), length };
}

/** float32 [contexts * length, d] -> [contexts * contextLength, d], with zeros where contexts are padded. */
function padded(values: Float32Array, length: number, contextLength: number, d: number): Float32Array {
  if (length === contextLength) return values;
  const out = new Float32Array((values.length / length) * contextLength);
  for (let at = 0, to = 0; at < values.length; at += length * d, to += contextLength * d) out.set(values.subarray(at, at + length * d), to);
  return out;
}

/**
 * Runs the model up to the hooks: tokens and documents int32 [contexts * contextLength] -> per hook (and per gradient) float32
 * [contexts * contextLength, d]. `firstContext` is for messages. Kinds: not-finite, bad-request (float16 overflow), unsupported (a hook
 * that has no value per token).
 */
export function forward(
  model: LanguageModel, hooks: readonly StoreHook[], batch: Pick<ContextBatch, 'tokens' | 'documents'>, firstContext: number, options: ForwardOptions,
): ContextBatch {
  const { contextLength, isolate, gradients = false } = options;
  const { length, tokens, documents } = trimmed(batch, contextLength);
  const contexts = tokens.length / length;
  const names = hooks.map(({ name }) => name);
  const within = isolate ? { documents } : {};
  const { logits, cache } = model.run(tokens, contexts, length, { names, logits: false, ...within });
  const activations = new Map<string, Float32Array>();
  try {
    const keep = (hook: StoreHook, name: string, values: Float32Array): void => {
      refuseBroken(values, { ...hook, name }, length, firstContext, options);
      activations.set(name, padded(values, length, contextLength, hook.d));
    };
    for (const hook of hooks) keep(hook, hook.name, valuesOf(cache.get(hook.name)!, hook, length, tokens.length));
    if (gradients) {
      const found = lossGradients(model, { tokens, documents, batch: contexts, length, isolate }, names);
      for (const hook of hooks) keep(hook, gradientHook(hook.name), found.get(hook.name)!);
    }
    return { ...batch, activations };
  } finally {
    logits?.dispose();
    for (const tensor of cache.values()) tensor.dispose();
  }
}

function valuesOf(tensor: Tensor, hook: StoreHook, length: number, rows: number): Float32Array {
  if (tensor.shape[1] === length && tensor.size === rows * hook.d) return tensor.dataSync<'float32'>();
  throw new LoupeError('unsupported', `hooks: ${hook.name} has the shape [${tensor.shape.join(', ')}], which is not one vector a token. Choose another hook.`);
}

function refuseBroken(values: Float32Array, hook: StoreHook, length: number, firstContext: number, options: ForwardOptions): void {
  const bad = firstBeyond(values, options.dtype === 'float16' ? float16Limit : Infinity);
  if (bad !== -1) throw refuse(hook, values[bad]!, Math.floor(bad / hook.d), firstContext, { ...options, contextLength: length });
}
