/** Labelling: scores of labels, what was skipped, who agrees with whom, lists of features and comments. */
import { z } from 'zod';
import { labelKinds, labelSchema } from './catalog.ts';
import { tensorSchema } from './tensor.ts';

/** Suggestions for a label's `family`, the role that a feature plays; any short text may stand there. */
export const roleFamilies = [
  'token', 'word form', 'previous token', 'punctuation', 'number', 'name', 'syntax', 'topic', 'sentiment', 'induction', 'position', 'code', 'language', 'other',
] as const;

export const reviewStates = ['skipped', 'unsure'] as const;

export const scoreSchema = z.strictObject({
  id: z.number().int(),
  label: z.number().int(),
  /** `detection` or `fuzzing`: balanced accuracy from 0 to 1, chance 0.5. */
  scorer: z.string(),
  value: z.number(),
  /** 95 % interval; null where the scorer has none. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Windows that were judged. */
  n: z.number().int().nonnegative(),
  /** Where windows in which the feature does not fire came from. Scores over different sources cannot be compared. */
  negatives: z.string(),
  judge: z.string(),
  promptHash: z.string(),
  createdAt: z.string(),
  /** JSON text: counts, precision, recall, F1, recall by interval of activation. */
  details: z.string(),
});

/** Which features the queue offers. */
export const queueKinds = ['unlabelled', 'not-mine', 'unsure', 'skipped', 'disagreement', 'machine', 'list', 'all'] as const;

export const queueFilterSchema = z.strictObject({
  kind: z.enum(queueKinds),
  /** For `list`. */
  list: z.number().int().optional(),
  /** For `machine`: labels by a rule or a model whose score is at most this, or that have none. */
  scoreAtMost: z.number().min(0).max(1).optional(),
  /** Dead features too. */
  dead: z.boolean().optional(),
});

export const authorProgressSchema = z.strictObject({
  author: z.string(),
  kind: z.enum(labelKinds),
  /** Features whose current label is this author's. */
  features: z.number().int(),
  /** Labels that the author wrote and did not take back. */
  labels: z.number().int(),
  /** Median seconds from one label to the author's next; pauses over five minutes are left out. Null below two labels. */
  secondsEach: z.number().nullable(),
});

export const progressReportSchema = z.strictObject({
  features: z.number().int(),
  dead: z.number().int(),
  /** Features whose current label is by a person. */
  byPeople: z.number().int(),
  byMachines: z.number().int(),
  skipped: z.number().int(),
  unsure: z.number().int(),
  disagreements: z.number().int(),
  authors: z.array(authorProgressSchema),
});

export const disagreementSchema = z.strictObject({
  index: z.number().int(),
  /** The newest label of each person who labelled it, oldest first. */
  labels: z.array(labelSchema),
  /** In what they differ. */
  differs: z.array(z.enum(['text', 'family', 'confidence'])),
});

export const agreementPairSchema = z.strictObject({
  authors: z.tuple([z.string(), z.string()]),
  /** Features that both labelled, and those of them with the same text (case and spaces aside). */
  both: z.number().int(),
  sameText: z.number().int(),
  /** Features to which both gave a family. */
  n: z.number().int(),
  categories: z.array(z.string()),
  /** Counts, float64 [categories, categories]: row the first author's family, column the second's. */
  table: tensorSchema,
  /** Cohen's kappa on families with its 95 % interval; null where it is not defined, and `note` says why. */
  kappa: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  observed: z.number().nullable(),
  note: z.string().nullable(),
});

export const listSchema = z.strictObject({
  id: z.number().int(), name: z.string(), notes: z.string(), author: z.string(), createdAt: z.string(), items: z.number().int(),
});

export const listItemSchema = z.strictObject({
  source: z.number().int(), index: z.number().int(), place: z.number(), note: z.string(), author: z.string(), createdAt: z.string(), label: z.string().nullable(),
});

/** An item to be added: `place` and `note` for one that is put back where it was. */
export const newListItemSchema = z.strictObject({
  source: z.number().int(), index: z.number().int().nonnegative(), note: z.string().max(20_000).optional(), place: z.number().finite().optional(),
});

export const commentSchema = z.strictObject({ id: z.number().int(), text: z.string(), author: z.string(), createdAt: z.string() });

export type Score = z.infer<typeof scoreSchema>;
export type ReviewState = (typeof reviewStates)[number];
export type QueueFilter = z.infer<typeof queueFilterSchema>;
export type QueueKind = (typeof queueKinds)[number];
export type AuthorProgress = z.infer<typeof authorProgressSchema>;
export type ProgressReport = z.infer<typeof progressReportSchema>;
export type Disagreement = z.infer<typeof disagreementSchema>;
export type AgreementPair = z.infer<typeof agreementPairSchema>;
export type FeatureList = z.infer<typeof listSchema>;
export type ListItem = z.infer<typeof listItemSchema>;
export type NewListItem = z.infer<typeof newListItemSchema>;
export type Comment = z.infer<typeof commentSchema>;
