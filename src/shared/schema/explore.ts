/** Exploring a catalog: search by meaning, the map, and classes that colour points. */
import { z } from 'zod';
import { tensorSchema } from './tensor.ts';

export const classings = ['labelled', 'family', 'tokenClass', 'score'] as const;

export const encoderStateSchema = z.strictObject({
  /** The encoder that serves: its folder and name, and who chose it. Null where there is none. */
  folder: z.string().nullable(),
  name: z.string().nullable(),
  origin: z.enum(['workspace', 'component']).nullable(),
  /** Why the folder cannot be used. */
  problem: z.string().nullable(),
  /** What can be fetched instead. */
  component: z.strictObject({ name: z.string(), bytes: z.number().int() }),
});

export const exploreStateSchema = z.strictObject({
  encoder: encoderStateSchema,
  /** By encoder: features with a direction, how many of these of their label, and how many want one (new, or relabelled). */
  meanings: z.array(z.strictObject({ name: z.string(), hash: z.string(), embedded: z.number().int(), labels: z.number().int(), stale: z.number().int() })),
  mapped: z.boolean(),
});

export const exploreHitSchema = z.strictObject({
  index: z.number().int(),
  label: z.string().nullable(),
  /** The label, or words of its strongest examples; `marks` are [start, end) ranges of found words. */
  text: z.string(),
  marks: z.array(z.tuple([z.number().int(), z.number().int()])),
  match: z.enum(['words', 'meaning']),
  /** Nearness in meaning to the query, -1 to 1; null where it was not asked for. */
  cosine: z.number().nullable(),
});

export const exploreSearchSchema = z.strictObject({
  hits: z.array(exploreHitSchema),
  /** Whether meaning was searched: yes, or why not. */
  meaning: z.enum(['searched', 'no-encoder', 'not-embedded', 'other-encoder']),
});

export const featureMapSchema = z.strictObject({
  /** float32 [features, 2] */
  points: tensorSchema,
  /** JSON text: how it was made. */
  options: z.string(),
  createdAt: z.string(),
});

export const featureClassesSchema = z.strictObject({
  /** Largest class first; at most 12. */
  names: z.array(z.string()),
  /** int32 [features]: place in `names`, -1 for none. */
  classes: tensorSchema,
});

export type EncoderState = z.infer<typeof encoderStateSchema>;
export type ExploreState = z.infer<typeof exploreStateSchema>;
export type ExploreHit = z.infer<typeof exploreHitSchema>;
export type ExploreSearch = z.infer<typeof exploreSearchSchema>;
export type FeatureMap = z.infer<typeof featureMapSchema>;
export type FeatureClasses = z.infer<typeof featureClassesSchema>;
export type Classing = (typeof classings)[number];
