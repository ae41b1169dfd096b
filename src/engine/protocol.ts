/** What main and the engine process say to each other. Both ends parse what they receive. */
import { z } from 'zod';
import { liveRequests } from './live/requests.ts';
import { errorBodySchema, jobFormSchema, progressSchema } from '../shared/schema/job.ts';
import { tensorSchema } from '../shared/schema/tensor.ts';
import { lmFactsSchema, lmPlanSchema } from '../shared/schema/lm.ts';
import { backendStatusSchema, foundModelSchema, modelInfoSchema } from '../shared/schema/workspace.ts';

/** The work that the engine does for a long time; jobs.ts says what runs each. */
export const engineJobKinds = ['harvest', 'train', 'lm-train', 'lm-sparsity', 'lm-experts', 'lm-purge', 'sweep', 'statistics', 'map', 'match'] as const;
export type EngineJobKind = (typeof engineJobKinds)[number];

const none = z.strictObject({});
const record = z.record(z.string(), z.unknown());
const id = z.string().min(1).max(200);
const sequence = z.number().int().nonnegative();
const kind = z.enum(engineJobKinds);

/** Short questions. They are answered between two steps of a running job. */
export const requests = {
  backend: { input: none, output: backendStatusSchema },
  forms: { input: none, output: z.strictObject({ forms: z.array(jobFormSchema) }) },
  /** The config with its defaults filled in. Kind bad-config names the field. */
  checkConfig: { input: z.strictObject({ kind, config: record }), output: z.strictObject({ config: record }) },
  inspectModel: { input: z.strictObject({ path: z.string().min(1) }), output: modelInfoSchema },
  /** What the sentence encoder in a folder is. */
  describeEncoder: {
    input: z.strictObject({ folder: z.string().min(1) }),
    output: z.strictObject({ path: z.string(), name: z.string(), dim: z.number().int(), maxTokens: z.number().int() }),
  },
  /** Unit vectors of texts, float32 [texts * dim]; of none, what the encoder is alone. */
  encodeTexts: {
    input: z.strictObject({ folder: z.string().min(1), texts: z.array(z.string().max(10_000)).max(1024) }),
    output: z.strictObject({ name: z.string(), hash: z.string(), dim: z.number().int(), vectors: tensorSchema }),
  },
  /** What a training run of a language model would take. Kinds bad-config and bad-request name the field. */
  lmPlan: { input: z.strictObject({ config: record }), output: lmPlanSchema },
  /** What a model with a kind of layer of our own is, by its config alone; null for any other. */
  lmFacts: { input: z.strictObject({ path: z.string().min(1) }), output: z.strictObject({ facts: lmFactsSchema.nullable() }) },
  findModels: { input: none, output: z.strictObject({ models: z.array(foundModelSchema) }) },
  /** The features of other dictionaries that are nearest to one of the dictionary with this hash. */
  nearestAcross: {
    input: z.strictObject({
      candidates: z.array(z.string().min(1).max(4096)).max(1000), hash: z.string().min(1).max(200), provenance: z.string().nullable(),
      index: z.number().int().nonnegative(), k: z.number().int().min(1).max(50), signed: z.boolean(),
    }),
    output: z.strictObject({
      dictionaries: z.array(z.strictObject({ path: z.string(), hash: z.string(), hookPoint: z.string(), nearest: z.array(z.strictObject({ index: z.number().int(), cosine: z.number() })) })),
      passed: z.array(z.string()),
    }),
  },
  ...liveRequests,
} as const;

export type RequestName = keyof typeof requests;
export type RequestInput<N extends RequestName> = z.infer<(typeof requests)[N]['input']>;
export type RequestOutput<N extends RequestName> = z.infer<(typeof requests)[N]['output']>;
export type RequestHandlers = { readonly [N in RequestName]: (input: RequestInput<N>) => Promise<RequestOutput<N>> };

export const toEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ping'), sequence }),
  z.strictObject({ type: z.literal('request'), sequence, name: z.enum(Object.keys(requests) as [RequestName, ...RequestName[]]), input: z.unknown() }),
  z.strictObject({ type: z.literal('start'), id, kind, config: record, folder: z.string().min(1) }),
  z.strictObject({ type: z.literal('abort'), id, reason: z.enum(['pause', 'cancel']) }),
]);

export const fromEngineSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), pid: z.number().int() }),
  z.strictObject({ type: z.literal('pong'), sequence }),
  z.strictObject({ type: z.literal('result'), sequence, output: z.unknown() }),
  z.strictObject({ type: z.literal('error'), sequence, error: errorBodySchema }),
  z.strictObject({ type: z.literal('progress'), id, progress: progressSchema }),
  z.strictObject({ type: z.literal('metrics'), id, step: z.number().int(), row: z.record(z.string(), z.number().nullable()) }),
  z.strictObject({ type: z.literal('log'), id, line: z.string() }),
  z.strictObject({ type: z.literal('done'), id, result: record }),
  z.strictObject({ type: z.literal('failed'), id, error: errorBodySchema }),
]);

export type ToEngine = z.infer<typeof toEngineSchema>;
export type FromEngine = z.infer<typeof fromEngineSchema>;
