/** What a catalog build can be told: what the statistics pass can, and where the catalog goes. */
import { z } from 'zod';
import { namesFeatures, namesNothing, statisticsFields } from '../../engine/interp/config.ts';

const fields = {
  ...statisticsFields,
  out: z.string().min(1).max(4096).describe('The catalog, a .loupe file. One that exists gets another source'),
  labels: z.boolean().default(true).describe('First guesses of labels by rule when the features are there'),
} as const;

export const buildConfigSchema = z.strictObject(fields).refine(namesFeatures, namesNothing);

const { store, features: _features, dictionary: _dictionary, keep, ...common } = fields;

/** What the forms ask for: of a dictionary, and of the units of a model's layer, whose folder needs no name. */
export const buildForms = {
  dictionary: z.strictObject({ store, dictionary: z.string().min(1).max(4096).describe('Folder of the dictionary'), ...common }),
  units: z.strictObject({ store, ...common, keep }),
} as const;

export type BuildConfig = z.infer<typeof buildConfigSchema>;
