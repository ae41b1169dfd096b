/** Noise for the robustness protocol of the lazy-neuron measurements (Li et al. 2022, arXiv 2210.06313, section 4): of labels in training, of inputs at test. */
import type { Random } from '../../../random.ts';

/** round(share * n) labels, chosen without repetition, drawn anew from all classes alike (so that some stay what they were). labels int32 [n]. */
export function noisyLabels(labels: Int32Array, share: number, classes: number, random: Random): Int32Array {
  const order = random.shuffle(Int32Array.from(labels.keys()));
  const out = labels.slice();
  for (const at of order.subarray(0, Math.round(share * labels.length))) out[at] = random.integer(classes);
  return out;
}

/** x + N(0, sigma^2), float32 [...]; sigma in the units of x. */
export function gaussianNoise(x: Float32Array, sigma: number, random: Random): Float32Array {
  return x.map((value) => value + sigma * random.normal());
}

/** Each entry with probability `share` at the lowest or the highest value, either alike, float32 [...]. */
export function impulseNoise(x: Float32Array, share: number, [low, high]: readonly [number, number], random: Random): Float32Array {
  return x.map((value) => {
    if (random.uniform() >= share) return value;
    return random.uniform() < 0.5 ? low : high;
  });
}

/** Weights of a normal bell at -reach to reach, summing to 1. */
function bell(sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Blurs images float32 [count, height, width] with a normal bell of standard deviation `sigma` pixels; the border repeats outwards. */
export function blurred(images: Float32Array, height: number, width: number, sigma: number): Float32Array {
  const weights = bell(sigma);
  const along = (x: Float32Array, inRow: boolean): Float32Array => x.map((_, at) => {
    const [column, row] = [at % width, Math.floor(at / width) % height];
    const [place, length, stride] = inRow ? [column, width, 1] : [row, height, width];
    let sum = 0;
    weights.forEach((weight, i) => {
      const to = Math.min(length - 1, Math.max(0, place + i - (weights.length >> 1)));
      sum += weight * x[at + (to - place) * stride]!;
    });
    return sum;
  });
  return along(along(images, true), false);
}
