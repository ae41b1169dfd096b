/**
 * What stands between the matrix products of a GPT, one kernel there and one back (native/src/lm-norm-train-ops.cc). The twins in stock ops
 * are in norms.ts and activations.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';

type Save = (tensors: Tensor[]) => void;
type Gradient = Parameters<typeof tf.customGrad>[0];

/** Whether `fusedLayerNorm` can be called. */
export function canFuseLayerNorm(): boolean {
  return hasNative('LoupeLayerNorm') && hasNative('LoupeLayerNormGrad');
}

/** (x - mean) / sqrt(variance + eps) * weight + bias of each row; x float32 [rows, d], weight and bias float32 [d]. Differentiable in all three (Ba et al. 2016, 1607.06450, eq. 3). */
export function fusedLayerNorm(x: Tensor2D, weight: Tensor1D, bias: Tensor1D, eps: number): Tensor2D {
  const forward = (input: Tensor, scale: Tensor, shift: Tensor, save: Save): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] } => {
    const [value, moments] = executeNative('LoupeLayerNorm', { eps: { float: eps } }, [input, scale, shift], 2);
    save([input, scale, moments!]);
    return { value: value!, gradFunc: (dy, saved) => executeNative('LoupeLayerNormGrad', {}, [...saved, dy], 3) };
  };
  return tf.customGrad(forward as unknown as Gradient)(x, weight, bias) as Tensor2D;
}

/** Whether `fusedGelu` can be called. */
export function canFuseGelu(): boolean {
  return hasNative('LoupeGelu') && hasNative('LoupeGeluGrad');
}

/** x Phi(x), float32 [...] -> the same shape, differentiable; within 2e-7 of |x| (Hendrycks & Gimpel 2016, 1606.08415). */
export function fusedGelu(x: Tensor): Tensor {
  const forward = (input: Tensor, save: Save): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    save([input]);
    return { value: executeNative('LoupeGelu', {}, [input], 1)[0]!, gradFunc: (dy, saved) => executeNative('LoupeGeluGrad', {}, [saved[0]!, dy], 1)[0]! };
  };
  return tf.customGrad(forward as unknown as Gradient)(x);
}
