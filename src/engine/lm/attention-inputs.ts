/** What every block's attention of one pass is given: rotary tables, and masks of the tokens that a query may look at. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from './definition.ts';
import { ropeFrequencies, ropeTables } from './rope.ts';

/** What attention needs beside the block's weights. */
export interface AttentionInputs {
  readonly batch: number;
  readonly length: number;
  /** float32 [length, rotaryDim / 2] each; null without rotary positions */
  readonly rope: { readonly cos: Tensor2D; readonly sin: Tensor2D } | null;
  /** Document of each token, int32 [batch * length]; null: each row is one document */
  readonly documents: Tensor1D | null;
  /** Of each block: 0 where a query may look, -infinity elsewhere, float32 [1 or batch, 1, length, past + length]. Empty when every block is fused. */
  readonly masks: readonly Tensor[];
}

export interface AttentionSpan {
  readonly batch: number;
  readonly length: number;
  /** Tokens before this pass. */
  readonly past: number;
  /** int32 [batch * length]; never with a past */
  readonly documents?: Int32Array | undefined;
}

/** `ropeFactors` as in DecoderWeights. The tensors belong to the scope that this is called in. */
export function attentionInputs(config: ModelConfig, ropeFactors: readonly number[] | null, span: AttentionSpan, masked: boolean): AttentionInputs {
  const { batch, length, past } = span;
  const documents = span.documents === undefined ? null : tf.tensor1d(span.documents, 'int32');
  const rope = config.ropeTheta === null ? null : ropeOf(config, ropeFactors, length, past);
  return { batch, length, documents, rope, masks: masked ? blockMasks(config, batch, length, past, documents) : [] };
}

function ropeOf({ rotaryDim, ropeTheta, ropeScaling }: ModelConfig, factors: readonly number[] | null, length: number, past: number): AttentionInputs['rope'] {
  const { cos, sin } = ropeTables(ropeFrequencies(rotaryDim, ropeTheta!, ropeScaling, factors), past, length);
  const shape: [number, number] = [length, rotaryDim / 2];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

/** One mask for each window that differs; one that reaches over every token is none. */
function blockMasks({ layers, windows }: ModelConfig, batch: number, length: number, past: number, documents: Tensor1D | null): Tensor[] {
  const made = new Map<number, Tensor>();
  return Array.from({ length: layers }, (_, layer) => {
    const window = Math.min(windows[layer] ?? Infinity, past + length);
    const mask = made.get(window) ?? causalMask(length, past, window, batch, documents);
    made.set(window, mask);
    return mask;
  });
}

/** 0 where a query may look, itself and `window - 1` tokens before it, and -infinity elsewhere: float32 [1 or batch, 1, length, past + length]. */
function causalMask(length: number, past: number, window: number, batch: number, documents: Tensor1D | null): Tensor {
  const total = past + length;
  const values = new Float32Array(length * total).fill(-Infinity);
  for (let t = 0; t < length; t++) values.fill(0, t * total + Math.max(0, past + t + 1 - window), t * total + past + t + 1);
  const causal = tf.tensor4d(values, [1, 1, length, total]);
  if (documents === null) return causal;
  const own = tf.reshape(documents, [batch, 1, length, 1]);
  return tf.where(tf.equal(own, tf.reshape(documents, [batch, 1, 1, length])), causal, tf.fill([1, 1, 1, 1], -Infinity));
}
