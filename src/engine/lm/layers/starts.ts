/** Start values of parameters: float32, as many as the shape holds, from a seeded stream. */
import type { Start } from './definition.ts';

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export const zeros: Start = (_random, shape) => new Float32Array(sizeOf(shape));

export const ones: Start = (_random, shape) => new Float32Array(sizeOf(shape)).fill(1);

/** N(0, std^2). */
export function normal(std: number): Start {
  return (random, shape) => random.normals(sizeOf(shape), std);
}

/** U(-b, b) with b = sqrt(6 / fanIn / (1 + a^2)) and a = sqrt(5), as PyTorch's Linear starts: b = 1 / sqrt(fanIn) (He et al. 2015, 1502.01852). */
export function kaimingUniform(fanIn: number): Start {
  const bound = 1 / Math.sqrt(fanIn);
  return (random, shape) => Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
}

/** Standard deviation of GPT-2's weights (Radford et al. 2019). */
export const weightStd = 0.02;

/** The same for maps that write into the residual stream: 0.02 / sqrt(2 layers), so that the stream keeps its size (Radford et al. 2019, section 2.3). */
export function outputStd(layers: number): number {
  return weightStd / Math.sqrt(2 * layers);
}
