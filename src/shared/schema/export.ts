/** What an export of a catalog can be told, and what it says about itself before it starts. */
import { z } from 'zod';
import { featureFilterSchema } from './feature-query.ts';

export const exportFormats = ['loupe', 'html', 'neuronpedia', 'csv', 'parquet'] as const;

/** What happens to the text of examples; labels and tokens raised or lowered stay. */
export const textRedactions = ['none', 'around', 'classes', 'examples'] as const;

/** Which features: all conditions hold together. Nothing named: every feature of every source. */
export const exportSelectionSchema = z.strictObject({
  source: z.number().int().nullable().default(null).describe('One feature space; null for all of them'),
  // Every other feature of 131,072 takes 460,000 characters.
  indices: z.string().max(2_000_000).regex(/^\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*$/, 'expected indices such as 0-99,200').nullable().default(null).describe('Indices such as 0-99,200'),
  list: z.string().min(1).max(200).nullable().default(null).describe('The features of a list, by its name or uid'),
  filter: featureFilterSchema.nullable().default(null).describe('What the table of features shows'),
  search: z.string().max(1000).nullable().default(null).describe('A search over labels and examples'),
  labelled: z.boolean().default(false).describe('Only features that have a label'),
});

export const redactionSchema = z.strictObject({
  text: z.enum(textRedactions).default('none').describe('Example text: as it is, only around the peak, as classes of tokens, or left out with the examples'),
  around: z.number().int().min(0).max(1000).default(5).describe('Tokens kept on each side of a peak'),
  people: z.boolean().default(false).describe('Leaves out names of authors, notes, comments and paths of files'),
});

export const exportConfigSchema = z.strictObject({
  catalog: z.string().min(1).max(4096).describe('The catalog, a .loupe file'),
  format: z.enum(exportFormats).describe('What is written'),
  out: z.string().min(1).max(4096).describe('The file or folder to make'),
  selection: exportSelectionSchema.prefault({}),
  examples: z.number().int().min(0).max(1000).nullable().default(null).describe('Examples a feature at most; null for what suits the format'),
  redaction: redactionSchema.prefault({}),
  guardFormulas: z.boolean().default(true).describe('CSV: a cell that a spreadsheet would compute gets an apostrophe before it'),
});

export const exportEstimateSchema = z.strictObject({
  features: z.number().int(),
  /** Bytes, from what an average feature of this catalog takes in each format. */
  bytes: z.record(z.enum(exportFormats), z.number()),
});

export type ExportFormatName = (typeof exportFormats)[number];
export type TextRedaction = (typeof textRedactions)[number];
export type ExportSelection = z.infer<typeof exportSelectionSchema>;
export type Redaction = z.infer<typeof redactionSchema>;
export type ExportConfig = z.infer<typeof exportConfigSchema>;
export type ExportEstimate = z.infer<typeof exportEstimateSchema>;
