/** Catalogs from others: what they are, what merging them would do, and what it did. */
import { z } from 'zod';

const count = z.number().int().nonnegative();

/**
 * What merging does to the labels of one feature:
 * - `identical`, `ahead`: nothing; theirs are the same, or hold nothing that we lack
 * - `history`: labels that are not shown come in
 * - `new`: we have no label, they do
 * - `changed`, `removed`: they knew our label and went on from it, or took it back
 * - `agreed`: two people chose the same words
 * - `conflict`: two labels that did not know of each other
 */
export const mergeStatuses = ['identical', 'ahead', 'history', 'new', 'changed', 'removed', 'agreed', 'conflict'] as const;
export const mergeChoices = ['mine', 'theirs', 'both'] as const;

const sideSchema = z.strictObject({
  text: z.string(), author: z.string(), kind: z.string(), confidence: z.number().int().nullable(), notes: z.string(), createdAt: z.string(),
}).nullable();

/** One feature whose labels differ: what we show and what they show. */
export const mergeChangeSchema = z.strictObject({
  source: z.number().int(), index: count, status: z.enum(mergeStatuses), mine: sideSchema, theirs: sideSchema,
  /** Proposed where one side is a person and the other a guess. */
  suggested: z.enum(mergeChoices).nullable(),
});

export const foreignSourceSchema = z.strictObject({
  /** Their id. */
  id: z.number().int(),
  name: z.string(), kind: z.string(), hookPoint: z.string(), modelName: z.string(), modelHash: z.string(), dictionaryHash: z.string().nullable(),
  features: count, labelled: count, tokens: count, complete: z.boolean(), provenance: z.string(), corpus: z.string(),
  /** Ours of the same model, hook and dictionary; null: we have none. */
  mine: z.strictObject({ id: z.number().int(), name: z.string() }).nullable(),
  /** Counted over the same store as ours. */
  sameStore: z.boolean(),
});

export const mergePreviewSchema = z.strictObject({
  uid: z.string(), createdAt: z.string(), models: count,
  sources: z.array(foreignSourceSchema),
  /** Features by what happens to their labels. */
  counts: z.strictObject(Object.fromEntries(mergeStatuses.map((status) => [status, count])) as Record<(typeof mergeStatuses)[number], typeof count>),
  /** Whose rows come in, most first. */
  authors: z.array(z.strictObject({ author: z.string(), rows: count })),
  /** Scores, reviews, comments, lists, views: rows added, changed, and those that say something else there (ours stay). */
  tables: z.array(z.strictObject({ table: z.string(), add: count, change: count, kept: count })),
  /** Why nothing can be merged; empty as a rule. */
  problems: z.array(z.string()),
  /** At most 50,000. */
  changes: z.array(mergeChangeSchema),
});

export const mergeInputSchema = z.strictObject({
  /** Their sources that come over whole, by their ids. */
  sources: z.array(z.number().int()).max(10_000),
  /** For conflicts without a choice of their own; null: an undecided conflict is an error. */
  conflicts: z.enum(mergeChoices).nullable(),
  /** By `source/index`, sources numbered as ours. */
  choices: z.record(z.string().max(40), z.enum(mergeChoices)),
  author: z.string().max(200),
});

export const mergeResultSchema = z.strictObject({
  /** Names the merge for taking it back; null: there was nothing to do. */
  merge: z.number().int().nullable(),
  sources: count, labels: count, undone: count, scores: count, reviews: count, comments: count, lists: count, views: count,
});

export const mergeRecordSchema = z.strictObject({
  id: z.number().int(), name: z.string(), author: z.string(), createdAt: z.string(), undoneAt: z.string().nullable(),
  summary: z.record(z.string(), z.number()),
  /** The latest merge that changed some of the same rows: it has to be taken back before this one. */
  later: z.strictObject({ id: z.number().int(), name: z.string() }).nullable(),
});

/** A file from someone else, as far as it can be told without reading its rows. */
export const foreignCatalogSchema = z.strictObject({
  path: z.string(), bytes: z.number(), modifiedAt: z.string(), schemaVersion: z.number().int(),
  /** Lies in the workspace's own folder. */
  ours: z.boolean(),
  /** What this studio has found since it was started; null: not verified yet. */
  verified: z.boolean().nullable(),
  uid: z.string(), createdAt: z.string(), sources: z.array(foreignSourceSchema), authors: z.array(z.strictObject({ author: z.string(), rows: count })),
});

export type MergeStatus = (typeof mergeStatuses)[number];
export type MergeChoice = (typeof mergeChoices)[number];
export type MergeChange = z.infer<typeof mergeChangeSchema>;
export type ForeignSource = z.infer<typeof foreignSourceSchema>;
export type ForeignCatalog = z.infer<typeof foreignCatalogSchema>;
export type MergePreview = z.infer<typeof mergePreviewSchema>;
export type MergeInput = z.infer<typeof mergeInputSchema>;
export type MergeResult = z.infer<typeof mergeResultSchema>;
export type MergeRecord = z.infer<typeof mergeRecordSchema>;
