/** Coding rates of a CRATE block at the three places of its two halves (Yu et al. 2023, arXiv 2306.01129, section 3), over batches of contexts. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { CodingFigures } from '../../../../shared/schema/sparsity.ts';
import { LoupeError } from '../../../../shared/errors.ts';
import type { BlockStudy } from '../definition.ts';
import { codingRates } from './measures.ts';

/** Before attention, between the halves, behind the sparsifying step. */
const places = { hook_resid_pre: 'pre', hook_resid_mid: 'mid', hook_resid_post: 'post' } as const;

type Place = (typeof places)[keyof typeof places];

/** Rates in the block's own subspaces, mean over contexts. */
export function codingStudy(heads: number): BlockStudy {
  const sums: Record<Place, { rc: number; r: number; contexts: number }> = { pre: { rc: 0, r: 0, contexts: 0 }, mid: { rc: 0, r: 0, contexts: 0 }, post: { rc: 0, r: 0, contexts: 0 } };
  let tokens = 0;
  return {
    hooks: Object.keys(places),
    see(hook, value, weights, { batch, length }) {
      const { rc, r } = codingRates(value, weights['attn.subspaces.weight'] as Tensor2D, { batch, length, heads });
      const sum = sums[places[hook as keyof typeof places]];
      sum.rc += rc * batch;
      sum.r += r * batch;
      sum.contexts += batch;
      tokens = length;
    },
    state() {
      return { ...Object.fromEntries(Object.entries(sums).map(([place, { rc, r, contexts }]) => [place, [rc, r, contexts]])), tokens: [tokens] };
    },
    restore(state) {
      for (const [place, sum] of Object.entries(sums)) [sum.rc, sum.r, sum.contexts] = state[place] as [number, number, number];
      tokens = state['tokens']![0]!;
    },
    figures() {
      if (sums.post.contexts === 0) throw new LoupeError('bad-request', 'no context was looked at: coding rates need one at least');
      const mean = (place: Place): CodingFigures['pre'] => ({ rc: sums[place].rc / sums[place].contexts, r: sums[place].r / sums[place].contexts });
      return { coding: { pre: mean('pre'), mid: mean('mid'), post: mean('post'), length: tokens } };
    },
  };
}
