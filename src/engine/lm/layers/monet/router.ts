/** Monet's router, computed at the first layer of a group and used by all of the group (released code of Park et al. 2024, arXiv 2412.04139). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { canFuseMonet, fusedGates, fusedStatistics } from './fused.ts';
import { adaptiveGates, gateThreshold, logitStatistics } from './gates.ts';
import type { LogitStatistics } from './gates.ts';
import type { Gates } from './pairs.ts';

export interface RouterWeights {
  /** float32 [heads * s, dModel], no bias */
  readonly w1: Tensor2D;
  /** float32 [heads * s, dModel], no bias */
  readonly w2: Tensor2D;
}

export interface RouterConfig {
  /** Routing heads; each chooses pairs of its own. */
  readonly heads: number;
  /** Sub-experts that a head keeps on average. */
  readonly active: number;
}

/** Statistics of both halves. */
export interface RouterStatistics {
  readonly first: LogitStatistics;
  readonly second: LogitStatistics;
}

/** Gates of both halves: expert (i, j) has the weight C_ij = sum over heads of gates1[h, i] gates2[h, j]. */
export interface MonetRouting extends Gates {
  /** Of this batch, for the running ones. */
  readonly batch: RouterStatistics;
}

/** The layer whose input the router of `layer` reads, with groups of `group` layers. */
export function routerLayer(layer: number, group: number): number {
  return layer - (layer % group);
}

/**
 * x float32 [tokens, dModel], normed -> the gates of a group of layers.
 *
 * @param running statistics of training, at inference; null: those of this batch
 */
export function routeMonet(x: Tensor2D, { w1, w2 }: RouterWeights, { heads, active }: RouterConfig, running: RouterStatistics | null): MonetRouting {
  const logits = (w: Tensor2D): Tensor3D => tf.reshape(tf.matMul(x, w, false, true), [x.shape[0], heads, w.shape[0] / heads]);
  const [z1, z2] = [logits(w1), logits(w2)];
  const fused = canFuseMonet();
  const statistics = fused ? fusedStatistics : logitStatistics;
  const batch = { first: statistics(z1), second: statistics(z2) };
  const { first, second } = running ?? batch;
  const gates = (z: Tensor3D, of: LogitStatistics): Tensor3D => (fused ? fusedGates(z, gateThreshold(active, z.shape[2]), of) : adaptiveGates(z, active, of));
  return { gates1: gates(z1, first), gates2: gates(z2, second), batch };
}
