/** The block of GPT-2 (Radford et al. 2019): x + Attn(LN(x)), then x + Layer(LN(x)). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Linear } from '../definition.ts';
import type { BlockForm, ParameterSpec, Specs, Weights } from './definition.ts';
import { normal, ones, outputStd, weightStd, zeros } from './starts.ts';

/** Weight and bias of a LayerNorm at 1 and 0. */
export function normSpecs(name: string, width: number): Specs {
  const one = (start: ParameterSpec['start']): ParameterSpec => ({ shape: [width], start, decay: false });
  return { [`${name}.weight`]: one(ones), [`${name}.bias`]: one(zeros) };
}

/** The linear map of `${name}.weight`, [in, out], and `${name}.bias` where there is one. */
export function linearOf(weights: Weights, name: string): Linear {
  return { weight: weights[`${name}.weight`] as Tensor2D, layout: 'in-out', bias: (weights[`${name}.bias`] as Tensor1D | undefined) ?? null };
}

export const preNorm: BlockForm = {
  parameters({ dModel, layers }) {
    return {
      ...normSpecs('ln1', dModel),
      'attn.qkv.weight': { shape: [dModel, 3 * dModel], start: normal(weightStd), decay: true },
      'attn.qkv.bias': { shape: [3 * dModel], start: zeros, decay: false },
      'attn.out.weight': { shape: [dModel, dModel], start: normal(outputStd(layers)), decay: true },
      'attn.out.bias': { shape: [dModel], start: zeros, decay: false },
      ...normSpecs('ln2', dModel),
    };
  },
  apply(x, weights, layer, tools) {
    const normed = tools.norm('ln1', x);
    if (tools.finished) return x;
    const mid = tools.at('hook_resid_mid', tf.add(x, tools.at('hook_attn_out', tools.attend(normed, linearOf(weights, 'attn.qkv'), linearOf(weights, 'attn.out')))));
    if (tools.finished) return x;
    const read = tools.norm('ln2', mid);
    if (tools.finished) return x;
    return tf.add(mid, tools.at('hook_mlp_out', layer(read)));
  },
};
