/**
 * The files between the statistics pass and the catalog: what is known about each feature, in a job's folder.
 *
 *     statistics.json              what was counted, over what, and how much of it there is
 *     vocabulary.json              the text of every token id
 *     contexts.safetensors         the contexts that examples refer to
 *     features-00000.safetensors   the figures and examples of features [0, chunkFeatures), and so on
 *
 * Each file is written aside and renamed, statistics.json last: where it lies, the pass is complete.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { SafetensorsFile, TensorData } from '../formats/safetensors.ts';

const count = z.number().int().nonnegative();
const hash = z.string().max(200);

export const statisticsManifestSchema = z.strictObject({
  format: z.literal('loupe-statistics'),
  version: z.literal(1),
  /** sha256 over everything that the figures depend on: the same key, the same figures. */
  key: hash,
  source: z.strictObject({
    kind: z.string().max(200), name: z.string().max(1000), hookPoint: z.string().max(200), layer: count.nullable(),
    dictionaryHash: hash.nullable(), features: z.number().int().positive(),
    /** Tokens counted, masked ones left out. */
    tokens: count,
    /** Features that never fire. */
    dead: count,
  }),
  model: z.strictObject({ hash, tokenizerHash: hash, name: z.string().max(1000), family: z.string().max(200), dModel: count, layers: count }),
  store: z.strictObject({ hash, corpusName: z.string().max(1000), corpusHash: hash, contextLength: z.number().int().positive() }),
  chunkFeatures: z.number().int().positive(),
  chunks: z.number().int().positive(),
  contexts: count,
  /** Tokens of an example's window, at most. */
  window: z.number().int().positive().max(4096),
  intervals: z.number().int().positive().max(100),
  provenance: z.record(z.string(), z.unknown()),
});

export type StatisticsManifest = z.infer<typeof statisticsManifestSchema>;

const vocabularySchema = z.strictObject({ texts: z.array(z.string().max(1000)).max(10_000_000), special: z.array(count) });
export type VocabularyTexts = z.infer<typeof vocabularySchema>;

/** Contexts that examples refer to, in rising order of their number in the store. */
export interface ContextTokens {
  /** int32 [contexts] */
  readonly numbers: Int32Array;
  /** int32 [contexts, contextLength] */
  readonly tokens: Int32Array;
  /** int32 [contexts, contextLength] */
  readonly documents: Int32Array;
}

/** The examples of a chunk, one after another, feature by feature, group by group, strongest first. */
export interface ChunkExamples {
  /** int32 [features + 1]: the examples of feature i are [offsets[i], offsets[i + 1]) */
  readonly offsets: Int32Array;
  /** 0: the strongest; 1...: intervals of (0, max], highest first; then the same for firings below 0. uint8 [examples] */
  readonly group: Uint8Array;
  /** uint8 [examples] */
  readonly rank: Uint8Array;
  /** The context's number in the store. int32 [examples] */
  readonly context: Int32Array;
  /** int32 [examples] */
  readonly start: Int32Array;
  /** int32 [examples] */
  readonly peak: Int32Array;
  /** The activation at the peak. float32 [examples] */
  readonly value: Float32Array;
  /** float32 [examples, window]; 0 past the end of a shorter window */
  readonly activations: Float32Array;
  /** Tokens of each window. int32 [examples] */
  readonly length: Int32Array;
}

/** What else is known of features [first, first + n). Lists have -1 for ids past their end. */
export interface ChunkExtras {
  /** Least activation where it is below 0, else 0; float32 [n] */
  readonly min: Float32Array;
  /** Place in tokenClasses + 1; 0 where the strongest examples are mixed. uint8 [n] */
  readonly tokenClass: Uint8Array;
  /** log10 of the least and the largest |activation| below 0; float32 [n] */
  readonly negativeLow: Float32Array;
  readonly negativeHigh: Float32Array;
  /** int32 [n, 50] */
  readonly negativeHistogram: Int32Array;
  /** int32 [n, groups]: firings below 0 by interval of (0, |min|], highest first */
  readonly negativeBins: Int32Array;
  /** Least and largest logit effect, float32 [n] */
  readonly logitLow: Float32Array;
  readonly logitHigh: Float32Array;
  /** int32 [n, 50], or [0] off the residual stream */
  readonly logitHistogram: Int32Array;
  /** Least and largest entry of the decoder row, its norm, and the sum of sizes; float32 [n] */
  readonly weightLow: Float32Array;
  readonly weightHigh: Float32Array;
  readonly weightNorm: Float32Array;
  readonly weightL1: Float32Array;
  /** int32 [n, 50] */
  readonly weightHistogram: Int32Array;
  /** Norm of the decoder row by head, float32 [n, heads], or [0] away from hook_z */
  readonly heads: Float32Array;
  /** Largest coordinates of the decoder row by size: int32 and float32 [n, related] */
  readonly alignedIds: Int32Array;
  readonly alignedValues: Float32Array;
  /** Most correlated dimensions of the hook's activation: int32 and float32 [n, related] */
  readonly neuronIds: Int32Array;
  readonly neuronValues: Float32Array;
  /** Most correlated features: int32 and float32 [n, related] */
  readonly correlatedIds: Int32Array;
  readonly correlatedValues: Float32Array;
  /** Features that fire on the same tokens, and on how many: int32 [n, related] */
  readonly cooccurringIds: Int32Array;
  readonly cooccurringCounts: Int32Array;
}

/** The figures of features [first, first + n). */
export interface FeatureChunk {
  readonly first: number;
  /** int32 [n] */
  readonly firings: Int32Array;
  /** float32 [n] */
  readonly max: Float32Array;
  /** Mean activation where it fires, float32 [n] */
  readonly mean: Float32Array;
  /** log10 of the least and the largest activation, float32 [n] */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** int32 [n, 50] */
  readonly histogram: Int32Array;
  /** int32 [n, groups]: firings by interval, highest first */
  readonly bins: Int32Array;
  /** Token ids raised most, then lowered most; int32 [n, 2, effects] */
  readonly logitIds: Int32Array;
  /** float32 [n, 2, effects] */
  readonly logitValues: Float32Array;
  /** int32 [n, nearest] */
  readonly neighbourIds: Int32Array;
  /** float32 [n, nearest] */
  readonly neighbourCosines: Float32Array;
  readonly extras: ChunkExtras;
  readonly examples: ChunkExamples;
}

export const histogramBins = 50;

export function chunkPath(folder: string, chunk: number): string {
  return join(folder, `features-${String(chunk).padStart(5, '0')}.safetensors`);
}

export const manifestPath = (folder: string): string => join(folder, 'statistics.json');
const vocabularyPath = (folder: string): string => join(folder, 'vocabulary.json');
const contextsPath = (folder: string): string => join(folder, 'contexts.safetensors');

function f32(data: Float32Array, shape: readonly number[] = [data.length]): TensorData {
  return { dtype: 'F32', shape, data };
}

function i32(data: Int32Array, shape: readonly number[] = [data.length]): TensorData {
  return { dtype: 'I32', shape, data };
}

function u8(data: Uint8Array, shape: readonly number[] = [data.length]): TensorData {
  return { dtype: 'U8', shape, data };
}

/** The tensors of the extras by their names in the file and in memory: those of each dtype. */
const extraNames = {
  float: ['min', 'negativeLow', 'negativeHigh', 'logitLow', 'logitHigh', 'weightLow', 'weightHigh', 'weightNorm', 'weightL1', 'heads', 'alignedValues', 'neuronValues', 'correlatedValues'],
  int: ['negativeHistogram', 'negativeBins', 'logitHistogram', 'weightHistogram', 'alignedIds', 'neuronIds', 'correlatedIds', 'cooccurringIds', 'cooccurringCounts'],
} as const;

const inFile = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function extraTensors(extras: ChunkExtras, n: number): Record<string, TensorData> {
  const shape = (array: { length: number }): number[] => [n, n === 0 ? 0 : array.length / n];
  return {
    token_class: u8(extras.tokenClass),
    ...Object.fromEntries(extraNames.float.map((name) => [inFile(name), f32(extras[name], shape(extras[name]))])),
    ...Object.fromEntries(extraNames.int.map((name) => [inFile(name), i32(extras[name], shape(extras[name]))])),
  };
}

function readExtras(file: SafetensorsFile): ChunkExtras {
  return {
    tokenClass: file.readBytes('token_class'),
    ...Object.fromEntries(extraNames.float.map((name) => [name, file.readFloat32(inFile(name))])),
    ...Object.fromEntries(extraNames.int.map((name) => [name, file.readInt32(inFile(name))])),
  } as unknown as ChunkExtras;
}

/** Writes one chunk: it is there whole, or not at all. */
export function writeChunk(folder: string, chunk: number, data: FeatureChunk): void {
  const n = data.firings.length;
  const { examples: e } = data;
  const wide = (array: { length: number }): number[] => [n, n === 0 ? 0 : array.length / n];
  const total = e.group.length;
  writeSafetensors(chunkPath(folder, chunk), {
    firings: i32(data.firings), max: f32(data.max), mean: f32(data.mean), low: f32(data.low), high: f32(data.high),
    histogram: i32(data.histogram, wide(data.histogram)), bins: i32(data.bins, wide(data.bins)),
    logit_ids: i32(data.logitIds, wide(data.logitIds)), logit_values: f32(data.logitValues, wide(data.logitValues)),
    neighbour_ids: i32(data.neighbourIds, wide(data.neighbourIds)), neighbour_cosines: f32(data.neighbourCosines, wide(data.neighbourCosines)),
    ...extraTensors(data.extras, n),
    example_offsets: i32(e.offsets), example_group: u8(e.group), example_rank: u8(e.rank), example_context: i32(e.context), example_start: i32(e.start),
    example_peak: i32(e.peak), example_value: f32(e.value), example_length: i32(e.length),
    example_activations: f32(e.activations, [total, total === 0 ? 0 : e.activations.length / total]),
  }, { format: 'loupe-statistics', first: String(data.first) });
}

function withFile<T>(path: string, read: (file: SafetensorsFile) => T): T {
  const file = openSafetensors(path);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

/** Reads one chunk back. Kinds not-found, bad-file. */
export function readChunk(folder: string, chunk: number): FeatureChunk {
  return withFile(chunkPath(folder, chunk), (file) => ({
    first: Number(file.metadata['first']), firings: file.readInt32('firings'), max: file.readFloat32('max'), mean: file.readFloat32('mean'),
    low: file.readFloat32('low'), high: file.readFloat32('high'), histogram: file.readInt32('histogram'), bins: file.readInt32('bins'),
    logitIds: file.readInt32('logit_ids'), logitValues: file.readFloat32('logit_values'),
    neighbourIds: file.readInt32('neighbour_ids'), neighbourCosines: file.readFloat32('neighbour_cosines'), extras: readExtras(file),
    examples: {
      offsets: file.readInt32('example_offsets'), group: file.readBytes('example_group'), rank: file.readBytes('example_rank'),
      context: file.readInt32('example_context'), start: file.readInt32('example_start'), peak: file.readInt32('example_peak'),
      value: file.readFloat32('example_value'), length: file.readInt32('example_length'), activations: file.readFloat32('example_activations'),
    },
  }));
}

export function writeContexts(folder: string, contexts: ContextTokens): void {
  const n = contexts.numbers.length;
  const shape = [n, n === 0 ? 0 : contexts.tokens.length / n];
  writeSafetensors(contextsPath(folder), { numbers: i32(contexts.numbers), tokens: i32(contexts.tokens, shape), documents: i32(contexts.documents, shape) });
}

/** Contexts [first, first + n) of those that were written. */
export function readContexts(folder: string, first: number, n: number, contextLength: number): ContextTokens {
  return withFile(contextsPath(folder), (file) => ({
    numbers: file.readInt32('numbers', first, n),
    tokens: file.readInt32('tokens', first * contextLength, n * contextLength), documents: file.readInt32('documents', first * contextLength, n * contextLength),
  }));
}

export function writeVocabulary(folder: string, vocabulary: VocabularyTexts): void {
  writeJsonAtomic(vocabularyPath(folder), vocabulary);
}

/** Kind bad-file names the file. */
function readJson<T>(path: string, schema: z.ZodType<T>, largest: number): T {
  try {
    if (statSync(path).size > largest) throw new Error(`over ${largest} bytes`);
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new LoupeError(missing ? 'not-found' : 'bad-file', `${path} ${missing ? 'is not there' : 'cannot be read'}. Remove its folder and run the build again.`, String(cause));
  }
}

export function readVocabulary(folder: string): VocabularyTexts {
  return readJson(vocabularyPath(folder), vocabularySchema, 500_000_000);
}

export function writeManifest(folder: string, manifest: StatisticsManifest): void {
  writeJsonAtomic(manifestPath(folder), statisticsManifestSchema.parse(manifest));
}

export function readManifest(folder: string): StatisticsManifest {
  return readJson(manifestPath(folder), statisticsManifestSchema, 10_000_000);
}
