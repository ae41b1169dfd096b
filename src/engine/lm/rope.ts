/**
 * Rotary position embedding (Su et al. 2021, 2104.09864), the two halves of a head rotated against each other as in Llama,
 * with the frequency rescalings that configs name: linear, and llama3.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';

const linearSchema = z.looseObject({ factor: z.number().positive() });
const llama3Schema = z.looseObject({
  factor: z.number().positive(),
  low_freq_factor: z.number().positive(),
  high_freq_factor: z.number().positive(),
  original_max_position_embeddings: z.number().positive(),
});

export type RopeScaling = Readonly<Record<string, unknown>> | null;

/** Inverse wavelength in radians a token of each of the width / 2 planes, float64 [width / 2]. Kind unsupported for an unknown scaling. */
export function ropeFrequencies(width: number, theta: number, scaling: RopeScaling, factors: readonly number[] | null = null): Float64Array {
  const plain = Float64Array.from({ length: width / 2 }, (_, i) => theta ** ((-2 * i) / width));
  const scaled = plain.map(rescaler(scaling));
  return factors === null ? scaled : scaled.map((frequency, i) => frequency / factors[i]!);
}

function rescaler(scaling: RopeScaling): (frequency: number) => number {
  const type = scaling === null ? 'default' : (scaling['rope_type'] ?? scaling['type'] ?? 'default');
  if (type === 'default') return (frequency) => frequency;
  if (type === 'linear') {
    const { factor } = parse(linearSchema, scaling);
    return (frequency) => frequency / factor;
  }
  if (type === 'llama3') return llama3(parse(llama3Schema, scaling));
  throw new LoupeError('unsupported', `the rope scaling ${JSON.stringify(type)} is not computed by Loupe; default, linear and llama3 are.`);
}

function parse<T>(schema: z.ZodType<T>, scaling: RopeScaling): T {
  const parsed = schema.safeParse(scaling);
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-config', `rope_scaling.${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`);
}

/** Long waves are stretched by `factor`, short ones left, those between blended (Llama 3.1; the model's own reference code). */
function llama3(config: z.infer<typeof llama3Schema>): (frequency: number) => number {
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = config;
  return (frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  };
}

/** Cosines and sines of the positions first..first+length-1, float32 [length, width / 2] each. */
export function ropeTables(frequencies: Float64Array, first: number, length: number): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = frequencies.length;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  for (let t = 0; t < length; t++) {
    for (let i = 0; i < half; i++) {
      // The angle is rounded to float32 as in the reference implementations: beyond position 1,000 the difference shows.
      const angle = Math.fround((first + t) * Math.fround(frequencies[i]!));
      cos[t * half + i] = Math.cos(angle);
      sin[t * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** x float32 [batch, length, heads, dHead], cos and sin float32 [length, 1, rotaryDim / 2] -> the same shape, the first rotaryDim numbers of each head rotated. */
export function rotate(x: Tensor4D, cos: Tensor, sin: Tensor): Tensor4D {
  const half = cos.shape.at(-1)!;
  const rest = x.shape[3] - 2 * half;
  const [a, b, still] = tf.split(x, rest === 0 ? [half, half] : [half, half, rest], 3) as [Tensor4D, Tensor4D, Tensor4D | undefined];
  const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
  return tf.concat(still === undefined ? turned : [...turned, still], 3) as Tensor4D;
}
