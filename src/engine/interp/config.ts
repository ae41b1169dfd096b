/** What the statistics pass can be told. */
import { z } from 'zod';
import { defaultKeep } from '../../shared/schema/units.ts';

const path = z.string().min(1).max(4096);
const count = (description: string, least: number, most: number, value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(least).max(most).default(value).describe(description);

/** Fields that a catalog build has in common with its statistics pass. */
export const statisticsFields = {
  store: path.describe('Folder of the activations'),
  features: z.enum(['dictionary', 'units']).default('dictionary').describe("The latents of a dictionary, or the units of the model's own layer: neurons, experts, atoms"),
  dictionary: z.string().max(4096).default('').describe('Folder of the dictionary; of units, the folder that is made of them'),
  keep: z.number().int().min(1).max(1 << 22).nullable().default(null)
    .describe(`Units of a token that count, the largest by size; empty: all that are not 0, or ${defaultKeep} where none ever is (GELU, SwiGLU)`).meta({ unit: 'units' }),
  model: path.describe('The language model that the activations came from: a folder or a GGUF file'),
  hook: z.string().max(200).default('').describe('Hook point in the store; empty: the one that the dictionary names, or the only one that holds units'),
  name: z.string().max(200).default('').describe('What the source is called in the catalog; empty: after the dictionary'),
  topExamples: count('Strongest examples of each feature', 1, 200, 20),
  intervalExamples: count('Random examples from each fifth of (0, max]', 0, 50, 5),
  window: count('Tokens shown around the peak of an example', 1, 1024, 64).meta({ unit: 'tokens' }),
  logits: count('Tokens raised most, and as many lowered most', 0, 100, 10),
  centreLogits: z.boolean().default(true).describe('Logit effects relative to their mean over the vocabulary'),
  neighbours: count('Nearest features by the cosine of their decoder directions', 0, 100, 10),
  related: count('Correlated and co-occurring features, correlated dimensions and largest decoder coordinates of each feature', 0, 100, 10),
  seed: z.number().int().min(0).max(0xffff_ffff).default(0).describe('Seed of the random examples'),
} as const;

/** A dictionary's folder is named, or units are asked for. */
export function namesFeatures({ dictionary, features }: Pick<StatisticsConfig, 'dictionary' | 'features'>): boolean {
  return dictionary !== '' || features === 'units';
}
export const namesNothing = { path: ['dictionary'], message: 'name the folder of a dictionary, or take the units of the model' };

export const statisticsConfigSchema = z.strictObject(statisticsFields).refine(({ dictionary }) => dictionary !== '', { path: ['dictionary'], message: 'is empty: name a folder' });
export type StatisticsConfig = z.infer<typeof statisticsConfigSchema>;

/** What the figures depend on, beside what they are taken over. */
export type StatisticsOptions = Omit<StatisticsConfig, 'store' | 'features' | 'dictionary' | 'keep' | 'model' | 'hook' | 'name'>;

/** Equal intervals of (0, max], as SAEDashboard has them (its "quantiles"). */
export const intervals = 5;
