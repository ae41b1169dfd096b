/** What runs live through the engine, as the studio, the engine and the command line see it: encoding, ablation, steering. */
import { z } from 'zod';
import { tensorSchema } from './tensor.ts';

/** What one request may ask for at most. */
export const liveLimits = { characters: 20_000, tokens: 512, top: 256, dictionaries: 2, rows: 64, newTokens: 256, stepTokens: 16 } as const;

const path = z.string().min(1).max(4096);
const index = z.number().int().nonnegative();
const hook = z.string().min(1).max(200);

/** `auto`: what stands before a document where the dictionary was trained; `none`: nothing. */
export const leads = ['auto', 'none'] as const;

export const promptSchema = z.strictObject({
  text: z.string().min(1).max(liveLimits.characters),
  /** As a user's message in the model's own chat template. */
  chat: z.boolean(),
  lead: z.enum(leads),
});

/** A dictionary on disk, at a hook other than its own where one is named. */
export const placeSchema = z.strictObject({ path, hook: hook.nullable() });

export const encodeInputSchema = z.strictObject({
  model: path,
  prompt: promptSchema,
  dictionaries: z.array(placeSchema).max(liveLimits.dictionaries),
  /** Latents a token, the strongest first. */
  top: z.number().int().min(1).max(liveLimits.top),
  /** Features whose activation on every token is wanted, strongest or not. */
  rows: z.array(z.strictObject({ dictionary: index, feature: index })).max(liveLimits.rows),
  /** Whether the next token's probability is wanted: it costs the rest of the model. */
  predictions: z.boolean(),
});

/** Tokens as the model sees them. */
export const readTokensSchema = z.strictObject({
  texts: z.array(z.string()),
  /** int32 [tokens] */
  ids: tensorSchema,
  special: z.array(index),
  /** Tokens that were put before the text. */
  lead: index,
  /** How the text became these tokens, in words. */
  how: z.string(),
});

export const encodedDictionarySchema = z.strictObject({
  path: z.string(),
  hash: z.string(),
  variant: z.string(),
  hooks: z.array(z.string()),
  features: index,
  /** Activations may be negative. */
  signed: z.boolean(),
  /** int32 and float32 [tokens, top]: the strongest by magnitude first; value 0 in slots without a latent. */
  indices: tensorSchema,
  values: tensorSchema,
  /** Latents that fire on each token, int32 [tokens]. */
  counts: tensorSchema,
});

export const encodedSchema = z.strictObject({
  model: z.strictObject({ name: z.string(), hash: z.string() }),
  tokens: readTokensSchema,
  /** 1 where a token counts in catalogs: neither the first of the context nor a special one. uint8 [tokens] */
  counted: tensorSchema,
  /** Probability of each token given those before it; not a number where there are none or it was not asked for. float32 [tokens] */
  probability: tensorSchema,
  dictionaries: z.array(encodedDictionarySchema),
  /** float32 [rows, tokens] */
  rows: tensorSchema,
});

export const ablateInputSchema = z.strictObject({
  model: path, dictionary: placeSchema, feature: index,
  /** int32 [tokens], as a catalog stores them. */
  tokens: tensorSchema,
  /** int32 [tokens] where attention stays within documents; null where it does not. */
  documents: tensorSchema.nullable(),
});

export const ablatedSchema = z.strictObject({
  /** Where the latent's contribution was taken away. */
  hook: z.string(),
  /** float32 [tokens] */
  activations: tensorSchema,
  /** -log p of each token given those before it, nats; not a number where it is not scored. float32 [tokens] */
  loss: tensorSchema,
  /** How much larger it is without the latent, nats. float32 [tokens] */
  change: tensorSchema,
  /** KL(whole || ablated) of the prediction of each token, nats. float32 [tokens] */
  kl: tensorSchema,
  /** Sum of the changes, nats, and how many tokens were scored. */
  sum: z.number(),
  scored: index,
});

/** `norm`: strength times the direction of length 1; `max`: strength times what the feature adds at its largest activation. */
export const steerUnits = ['norm', 'max'] as const;
/** From which token of the prompt on: its first that counts, or its last. */
export const steerFroms = ['start', 'end'] as const;

const steered = {
  model: path, dictionary: placeSchema, feature: index, prompt: promptSchema,
  unit: z.enum(steerUnits),
  /** The feature's largest activation, for the unit `max`. */
  maximum: z.number().positive().nullable(),
  from: z.enum(steerFroms),
};
const strength = z.number().min(-1e6).max(1e6);

export const steerInputSchema = z.strictObject({
  ...steered, strength,
  newTokens: z.number().int().min(1).max(liveLimits.newTokens),
  /** 0 is greedy. */
  temperature: z.number().min(0).max(10),
  topP: z.number().gt(0).max(1),
  seed: z.number().int().min(0).max(0xffff_ffff),
});

export const steerBeganSchema = z.strictObject({
  /** For `steerNext` and `steerEnd`. */
  session: z.string(),
  tokens: readTokensSchema,
  hook: z.string(),
  /** First token of the prompt at which the direction is added. */
  first: index,
  /** Length of what is added, and mean length of what it is added to. */
  addedNorm: z.number(),
  meanNorm: z.number(),
  /** KL(clean || steered) of the next token behind each token of the prompt, nats; 0 before `first`. float32 [tokens] */
  kl: tensorSchema,
  /** Its mean from `first` on, nats. */
  meanKl: z.number(),
});

export const steerPartSchema = z.strictObject({ texts: z.array(z.string()), ids: tensorSchema, ended: z.boolean() });

export const steerStepSchema = z.strictObject({
  clean: steerPartSchema,
  steered: steerPartSchema,
  /** KL(clean || steered) of each steered token's distribution, both given the steered text before it, nats. float32 [steered tokens] */
  kl: tensorSchema,
  done: z.boolean(),
});

export const strengthInputSchema = z.strictObject({
  ...steered,
  /** Mean KL that is sought, nats, and the share of it by which it may be missed. */
  target: z.number().min(1e-3).max(20),
  tolerance: z.number().min(0.01).max(0.5),
  /** The pole: 1 adds the direction, -1 takes it away. */
  sign: z.union([z.literal(1), z.literal(-1)]),
});

export const strengthSchema = z.strictObject({
  strength: z.number(), kl: z.number(), evaluations: index,
  /** false: no strength within bounds gave the target. */
  reached: z.boolean(),
});

export const liveDictionarySchema = z.strictObject({
  path: z.string(), hash: z.string(), variant: z.string(),
  dIn: index, dOut: index, features: index, signed: z.boolean(),
  /** The hooks that it names; empty strings where the file does not say. */
  hooks: z.array(z.string()),
  target: z.string().nullable(),
  model: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
  contextLength: index,
});

export const liveStatusSchema = z.strictObject({
  held: z.array(z.strictObject({ kind: z.enum(['model', 'dictionary']), path: z.string(), bytes: z.number().nonnegative(), used: z.boolean() })),
  /** Bytes of all that is held, and that may be held. */
  bytes: z.number().nonnegative(),
  bound: z.number().nonnegative(),
  sessions: index,
});

/** What a catalog's source needs to run live, and where it was found. */
export const liveTargetSchema = z.strictObject({
  hook: z.string(),
  model: z.strictObject({ name: z.string(), hash: z.string(), path: z.string().nullable(), tried: index }),
  dictionary: z.strictObject({ name: z.string(), hash: z.string().nullable(), path: z.string().nullable(), tried: index }),
  /** What is missing and what to do, in words; null when all is there. */
  problem: z.string().nullable(),
});

export const featureNameSchema = z.strictObject({ index, label: z.string().nullable(), density: z.number(), max: z.number() });

export type Prompt = z.infer<typeof promptSchema>;
export type Place = z.infer<typeof placeSchema>;
export type EncodeInput = z.infer<typeof encodeInputSchema>;
export type Encoded = z.infer<typeof encodedSchema>;
export type EncodedDictionary = z.infer<typeof encodedDictionarySchema>;
export type ReadTokens = z.infer<typeof readTokensSchema>;
export type AblateInput = z.infer<typeof ablateInputSchema>;
export type Ablated = z.infer<typeof ablatedSchema>;
/** New tokens of one writing at most. */
export const mostWritten = 4096;

export const writeInputSchema = z.strictObject({
  model: path,
  text: z.string().min(1).max(liveLimits.characters),
  newTokens: z.number().int().min(1).max(mostWritten),
  /** 0 takes the likeliest token. */
  temperature: z.number().min(0).max(100),
  topP: z.number().gt(0).max(1),
  seed: z.number().int().min(0).max(0xffff_ffff),
});

export const writeBeganSchema = z.strictObject({
  session: z.string(),
  /** Tokens of the text that was given. */
  promptTokens: index,
  /** New tokens at most: what was asked for, or what the context has room for. */
  limit: index,
});

/** `text`: all that was written so far; `ended`: why it goes no further, or null. */
export const writtenSchema = z.strictObject({ text: z.string(), tokens: index, ended: z.enum(['stop-token', 'length', 'context']).nullable() });

export type WriteInput = z.infer<typeof writeInputSchema>;
export type WriteBegan = z.infer<typeof writeBeganSchema>;
export type Written = z.infer<typeof writtenSchema>;
export type SteerInput = z.infer<typeof steerInputSchema>;
export type SteerBegan = z.infer<typeof steerBeganSchema>;
export type SteerStep = z.infer<typeof steerStepSchema>;
export type StrengthInput = z.infer<typeof strengthInputSchema>;
export type Strength = z.infer<typeof strengthSchema>;
export type LiveDictionary = z.infer<typeof liveDictionarySchema>;
export type LiveStatus = z.infer<typeof liveStatusSchema>;
export type LiveTarget = z.infer<typeof liveTargetSchema>;
export type FeatureName = z.infer<typeof featureNameSchema>;
