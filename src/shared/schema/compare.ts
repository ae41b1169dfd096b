/** Two sources side by side: of two catalogs, or of one. */
import { z } from 'zod';
import { tensorSchema } from './tensor.ts';

const sideSchema = z.strictObject({ catalog: z.string().min(1).max(4096), source: z.number().int() });

/** The config of a `compare` job. */
export const compareConfigSchema = z.strictObject({
  a: sideSchema.describe('One source'),
  b: sideSchema.describe('The other'),
  method: z.enum(['cosine', 'examples']).default('examples').describe('By the cosine of decoder directions (both dictionaries must be in the workspace), or by the places where both fire'),
});

/** A figure of both sides. */
export const compareFigureSchema = z.strictObject({
  id: z.string(), name: z.string(), formula: z.string(), unit: z.string(), a: z.number().nullable(), b: z.number().nullable(),
});

export const compareResultSchema = z.strictObject({
  method: z.enum(['cosine', 'examples']),
  /** int32 [features of a]: the nearest of b, -1 for none; float32 [features of a]: how near. And the other way round. */
  aAt: tensorSchema, aValue: tensorSchema, bAt: tensorSchema, bValue: tensorSchema,
  /** float32 [features] */
  aDensity: tensorSchema, bDensity: tensorSchema,
  figures: z.array(compareFigureSchema),
});

export const shownLabelSchema = z.strictObject({ index: z.number().int(), text: z.string(), kind: z.string(), author: z.string() });

export const acrossSchema = z.strictObject({
  dictionaries: z.array(z.strictObject({
    path: z.string(), name: z.string(), hookPoint: z.string(),
    /** A catalog of the workspace that describes this dictionary, for links and labels. */
    catalog: z.string().nullable(), source: z.number().int().nullable(),
    nearest: z.array(z.strictObject({ index: z.number().int(), cosine: z.number(), label: z.string().nullable() })),
  })),
  passed: z.array(z.string()),
});

export type CompareConfig = z.infer<typeof compareConfigSchema>;
export type CompareFigure = z.infer<typeof compareFigureSchema>;
export type CompareResult = z.infer<typeof compareResultSchema>;
export type ShownLabelRow = z.infer<typeof shownLabelSchema>;
export type Across = z.infer<typeof acrossSchema>;
