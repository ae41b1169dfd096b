/** The table that a sweep over language models leaves: a row a run. */
import { z } from 'zod';

export const lmSweepRowSchema = z.strictObject({
  /** The member's. */
  name: z.string().max(60),
  seed: z.int(),
  /** Hash of all that the figures depend on. */
  key: z.string().max(64),
  arch: z.string().max(64),
  parameters: z.number(),
  activeParameters: z.number().describe('Those that take part in computing a token'),
  steps: z.number(),
  tokens: z.number().describe('Tokens of training, those of a dense model before up-cycling included'),
  seconds: z.number().describe('Time of the training steps'),
  /** By name: valid_loss, perplexity, coverage, ... */
  figures: z.record(z.string().max(100), z.number()),
  /** Why there are no figures. */
  error: z.string().nullable(),
});

export const lmSweepTableSchema = z.strictObject({
  format: z.literal('loupe-lm-sweep'),
  version: z.literal(1),
  rows: z.array(lmSweepRowSchema).max(16_384),
});

export type LmSweepRow = z.infer<typeof lmSweepRowSchema>;
