/** What a catalog build can be told: what the statistics pass can, and where the catalog goes. */
import { z } from 'zod';
import { namesFeatures, namesNothing, statisticsFields } from '../../engine/interp/config.ts';

export const buildConfigSchema = z.strictObject({
  ...statisticsFields,
  out: z.string().min(1).max(4096).describe('The catalog, a .loupe file. One that exists gets another source'),
  labels: z.boolean().default(true).describe('First guesses of labels by rule when the features are there'),
}).refine(namesFeatures, namesNothing);

export type BuildConfig = z.infer<typeof buildConfigSchema>;
