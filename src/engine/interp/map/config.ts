/** What a map of features is made of. */
import { z } from 'zod';

const path = z.string().min(1).max(4096);

export const mapFields = {
  k: z.number().int().min(2).max(100).default(15).describe('Nearest features that a feature is tied to'),
  epochs: z.number().int().min(0).max(5000).default(0).describe('Passes of the layout; 0: 500 up to 10,000 features, 200 above'),
  seed: z.number().int().min(0).max(0xffff_ffff).default(0).describe('Seed of the layout'),
} as const;

export const mapConfigSchema = z.strictObject({
  ...mapFields,
  /** Folders that may hold the dictionary. */
  candidates: z.array(path).max(1000),
  /** The catalog's hash of the dictionary, and its provenance as JSON text, by which the right one is tried first. */
  hash: z.string().max(200).nullable(),
  provenance: z.string().max(1_000_000).nullable(),
  /** A file with neighbours that the catalog stored (neighbours-file.ts), for when no candidate is the dictionary. */
  stored: path.nullable(),
  features: z.number().int().min(1).max(1 << 24),
});

export type MapConfig = z.infer<typeof mapConfigSchema>;
