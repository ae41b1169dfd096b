/** What a run of a labeller over a catalog can be told. */
import { z } from 'zod';
import { registry } from '../../engine/labelling/registry.ts';
import { featureFilterSchema } from '../../shared/schema/feature-query.ts';

export const labelConfigSchema = z.strictObject({
  catalog: z.string().min(1).max(4096).meta({ description: 'The catalog, a .loupe file', path: true }),
  source: z.number().int().nullable().default(null).describe('Feature space in the catalog; null for its first'),
  labeller: z.enum(registry.map(({ id }) => id) as [string, ...string[]]).default('rule').describe('What makes the labels'),
  features: z.string().regex(/^\d+(-\d+)?$/, 'expected a number or a range: 7, or 0-4607').nullable().default(null).describe('Features by number: 7, or 0-4607; null for all'),
  filter: featureFilterSchema.optional().describe('Only features with these figures'),
  fuzzing: z.boolean().default(false).describe('Score by fuzzing beside detection'),
  seed: z.number().int().min(0).max(0xffff_ffff).default(0).describe('Seed of everything random'),
});

export type LabelConfig = z.infer<typeof labelConfigSchema>;
