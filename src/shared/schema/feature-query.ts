/** Which features of a source are meant, and in which order: what the table, the queue of labelling and exports of a selection share. */
import { z } from 'zod';
import { labelKinds } from './label-kinds.ts';
import { tensorSchema } from './tensor.ts';

export const featureColumns = ['index', 'density', 'max', 'mean', 'min', 'label', 'family', 'score', 'confidence', 'notes', 'dead', 'tokenClass'] as const;

/** `relevance`: the order of `only` where it is given, else labels that match `search` by bm25 and then the features whose examples do. */
export const featureSorts = [...featureColumns, 'relevance'] as const;

/** Columns that a filter can bound from both sides. */
export const rangeColumns = ['index', 'density', 'max', 'mean', 'min', 'score', 'confidence'] as const;

const bound = z.number().optional();

/** All that is given must hold. Bounds are inclusive; a feature without a figure lies in no range of it. */
export const featureFilterSchema = z.strictObject({
  indexMin: bound, indexMax: bound,
  densityMin: z.number().nonnegative().optional(), densityMax: z.number().nonnegative().optional(),
  maxMin: bound, maxMax: bound, meanMin: bound, meanMax: bound, minMin: bound, minMax: bound,
  scoreMin: bound, scoreMax: bound, confidenceMin: bound, confidenceMax: bound,
  labelled: z.boolean().optional(),
  dead: z.boolean().optional(),
  /** Whether the current label has notes. */
  notes: z.boolean().optional(),
  labelKind: z.enum(labelKinds).optional(),
  /** The author of the current label. */
  author: z.string().max(200).optional(),
  family: z.string().max(100).optional(),
  tokenClass: z.string().max(100).optional(),
  /** The id of a list that holds the feature. */
  list: z.number().int().optional(),
});

const indices = tensorSchema.refine(({ dtype, shape }) => dtype === 'int32' && shape.length === 1, 'expected int32 [features], the indices');

/** A query without the catalog that it is put to. */
export const featureQueryFields = {
  source: z.number().int(),
  sort: z.enum(featureSorts), descending: z.boolean(),
  filter: featureFilterSchema,
  /** Full-text query over labels and examples; null for all. */
  search: z.string().max(1000).nullable(),
  /** Only these features: int32 indices in any order, those that a chart's brush or a search by meaning has found. Null for all. */
  only: indices.nullable().optional(),
};

export const featureQuerySchema = z.strictObject(featureQueryFields);

/** What stands in a column of names, with how many features have it; most frequent first. */
const facetSchema = z.array(z.strictObject({ name: z.string(), features: z.number().int() }));

export const facetsSchema = z.strictObject({
  families: facetSchema, tokenClasses: facetSchema, authors: facetSchema,
  lists: z.array(z.strictObject({ id: z.number().int(), name: z.string(), features: z.number().int() })),
});

export type FeatureColumn = (typeof featureColumns)[number];
export type FeatureSort = (typeof featureSorts)[number];
export type RangeColumn = (typeof rangeColumns)[number];
export type FeatureFilter = z.infer<typeof featureFilterSchema>;
export type FeatureQuery = z.infer<typeof featureQuerySchema>;
export type Facets = z.infer<typeof facetsSchema>;
