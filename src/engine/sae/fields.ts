/** Fields that several variants' configs share, so that they are described once. */
import { z } from 'zod';

/** The TopK family: how many latents are kept, and the auxiliary loss of Gao et al. 2024 (arXiv 2406.04093). */
export const topKFields = {
  k: z.int().min(1).max(100_000).default(32).describe('Latents kept for each token; in the mean over a batch where the whole batch is chosen from').meta({ unit: 'latents' }),
  auxK: z.int().min(0).max(100_000).default(512)
    .describe('Dead latents that the auxiliary loss uses for each token; 0 turns it off').meta({ unit: 'latents' }),
  auxCoefficient: z.number().min(0).max(10).default(1 / 32).describe('Weight of the auxiliary loss').meta({ unit: '1' }),
};

/** Where a running threshold replaces a selection over the batch (running-threshold.ts). */
export const thresholdFields = {
  thresholdDecay: z.number().min(0).lt(1).default(0.99)
    .describe('Decay a step of the running mean of the smallest kept activation, which is the threshold of the saved dictionary').meta({ unit: '1' }),
};

/** The L1 and L0 families. */
export const sparsityWarmup = z.number().min(0).max(1).default(0.05)
  .describe('First part of the run over which the sparsity penalty rises from 0').meta({ unit: 'share' });

/** The L1 family. */
export const l1Fields = {
  l1Coefficient: z.number().min(0).max(1e6).default(5)
    .describe('Weight of the L1 penalty, beside the squared error of x of mean norm sqrt(dIn): an activation shrinks by about half of it').meta({ unit: '1' }),
  sparsityWarmup,
};

/** Rule across fields of the TopK family: messages, empty when all is well. */
export function kProblems(k: number, dSae: number): string[] {
  return k <= dSae ? [] : [`k is ${k}, dSae is ${dSae}: choose k <= dSae`];
}
