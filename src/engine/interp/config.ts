/** What the statistics pass can be told. */
import { z } from 'zod';

const path = z.string().min(1).max(4096);
const count = (description: string, least: number, most: number, value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(least).max(most).default(value).describe(description);

/** Fields that a catalog build has in common with its statistics pass. */
export const statisticsFields = {
  store: path.describe('Folder of the activations'),
  dictionary: path.describe('Folder of the dictionary'),
  model: path.describe('The language model that the activations came from: a folder or a GGUF file'),
  hook: z.string().max(200).default('').describe('Hook point in the store; empty: the one that the dictionary names'),
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

export const statisticsConfigSchema = z.strictObject(statisticsFields);
export type StatisticsConfig = z.infer<typeof statisticsConfigSchema>;

/** What the figures depend on, beside what they are taken over. */
export type StatisticsOptions = Omit<StatisticsConfig, 'store' | 'dictionary' | 'model' | 'hook' | 'name'>;

/** Equal intervals of (0, max], as SAEDashboard has them (its "quantiles"). */
export const intervals = 5;
