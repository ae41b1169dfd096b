/** Monet's pairs as experts that can be counted, attributed and switched off one by one (Park et al. 2024, arXiv 2412.04139, section 5). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import type { ExpertsForm } from '../definition.ts';
import { routingMass } from './attribution.ts';
import { pairCodes } from './codes.ts';
import { subExperts } from './specs.ts';

interface PairConfig {
  readonly experts: number;
  /** Routing heads. */
  readonly heads: number;
}

/** Gates at the hooks hold heads * s numbers a token, heads side by side. */
export const monetExperts: ExpertsForm<PairConfig> = {
  count: ({ experts }) => experts,
  layout: 'square',
  hooks: ['mlp.hook_gates1', 'mlp.hook_gates2'],
  mass({ experts, heads }, values) {
    const [gates1, gates2] = values.map((gates) => tf.reshape(gates, [-1, heads, subExperts(experts)]) as Tensor3D);
    return tf.reshape(routingMass({ gates1: gates1!, gates2: gates2! }), [-1]) as Tensor1D;
  },
  uses: ({ experts, heads }, [gates1, gates2]) => pairCodes(gates1!, gates2!, heads, subExperts(experts)).map(({ pairs, weights }) => ({ experts: pairs, weights })),
  units: (_own, _size, expert) => [expert, 1],
  name: ({ experts }, expert) => `expert (${Math.floor(expert / subExperts(experts))}, ${expert % subExperts(experts)})`,
};
