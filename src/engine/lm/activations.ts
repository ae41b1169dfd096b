/** The non-linearities of MLPs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ModelConfig } from './definition.ts';
import { canFuseGelu, fusedGelu } from './fused-gpt.ts';

type Activation = ModelConfig['activation'];

/** Hendrycks & Gimpel 2016, 1606.08415: x * Phi(x), float32 [...] -> the same shape; the twin of `fusedGelu`. */
export function stockGelu(x: Tensor): Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/** The tanh approximation of the same paper, as GPT-2 computes it. */
function geluTanh(x: Tensor): Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

const functions: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu: (x) => (canFuseGelu() ? fusedGelu(x) : stockGelu(x)),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (x) => tf.relu(x),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
};

/** The names that configs use. */
export const activationNames = Object.keys(functions) as Activation[];

/** x float32 [...] -> the same shape. */
export function activate(x: Tensor, name: Activation): Tensor {
  return functions[name](x);
}

/** cap * tanh(x / cap), float32 [...] -> the same shape: never beyond +-cap (Bello et al. 2016, 1611.09940). null leaves x. */
export function softCap<T extends Tensor>(x: T, cap: number | null): T {
  return cap === null ? x : (tf.mul(tf.tanh(tf.div(x, cap)), cap) as T);
}
