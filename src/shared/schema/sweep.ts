/** The table that a sweep leaves: a row a dictionary. */
import { z } from 'zod';

const figure = z.number().nullable();

export const sweepRowSchema = z.strictObject({
  /** Of the member's folder. */
  name: z.string(),
  role: z.enum(['trained', 'untrained', 'random']),
  variant: z.string(),
  dSae: figure,
  k: figure,
  seed: figure,
  hookPoint: z.string().nullable(),
  dictionary: z.string().describe('Folder'),
  l0: figure,
  fvu: figure,
  deltaCe: figure.describe('nats a token'),
  dead: figure,
  cosine: figure,
  tokens: figure,
  seconds: figure,
  pareto: z.boolean().describe('No other trained member has both fewer latents a token and less FVU'),
  paretoCe: z.boolean().describe('The same with delta CE'),
  warnings: z.array(z.string()),
  error: z.string().nullable(),
});

export type SweepRow = z.infer<typeof sweepRowSchema>;
