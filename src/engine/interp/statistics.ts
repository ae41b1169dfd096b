/**
 * The statistics pass: everything that a catalog says about a dictionary's features, into files in a folder.
 *
 * One pass encodes the store to sparse codes on disk (masked rows are left out: they count nowhere and are shown as 0), then each chunk
 * of features is counted exactly from its own firings. Every file is written whole, so a killed pass goes on with the next file and
 * ends with the same bytes. Memory: one block of codes, one range of firings, the dictionary; nothing grows with the store but a few
 * bytes a document.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import type { ActivationStore, ModelIdentity } from '../store/types.ts';
import { assertSameModel } from '../store/identity.ts';
import { lockStore } from '../store/lock.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import { chunkPath, histogramBins, manifestPath, readManifest, writeChunk, writeContexts, writeManifest, writeVocabulary } from './build-files.ts';
import type { ChunkExtras, StatisticsManifest, VocabularyTexts } from './build-files.ts';
import { buildKey, dictionaryHash, storeHash } from './build-key.ts';
import { countChunk, polesGroups } from './chunk.ts';
import type { CodedStore, CountedChunk } from './chunk.ts';
import { Cofiring } from './cofiring.ts';
import { countFirings } from './codes.ts';
import { intervals } from './config.ts';
import type { StatisticsOptions } from './config.ts';
import { decoderWeights, noWeights } from './decoder-weights.ts';
import { DocumentIndex } from './documents.ts';
import { encodeStore, throwIfStopped } from './encode-pass.ts';
import { logitEffects } from './logit-effects.ts';
import type { LogitEffects, Unembedding } from './logit-effects.ts';
import { gatherMoments, readMoments } from './moments.ts';
import { nearestRows, unitRows } from './neighbours.ts';
import type { Nearest } from './neighbours.ts';
import { classesOf, peakClasses } from './peak-classes.ts';
import { Relations } from './relations.ts';
import { readUsedContexts, usedContexts } from './used-contexts.ts';

/** What the pass reads. The caller owns and closes them. */
export interface StatisticsParts {
  readonly store: ActivationStore;
  readonly dictionary: Dictionary;
  readonly hook: string;
  /** What the source is called. */
  readonly name: string;
  readonly identity: ModelIdentity;
  readonly tokenizer: Pick<Tokenizer, 'vocab' | 'display' | 'specialTokenIds'>;
  readonly unembedding: Unembedding;
  /** Attention heads of the model; the decoder rows of a dictionary at hook_z are as many parts. */
  readonly heads: number;
}

export interface StatisticsResult {
  readonly folder: string;
  readonly key: string;
  readonly features: number;
  readonly tokens: number;
  readonly dead: number;
}

type StatisticsContext = Pick<JobContext, 'signal' | 'progress' | 'log'>;

export const chunkFeatures = 1024;

/** Kind mismatch names what does not belong together, and its sizes. */
function checkParts({ store, dictionary, hook, identity }: StatisticsParts): void {
  assertSameModel(store, identity);
  const stored = store.manifest.hooks.find(({ name }) => name === hook);
  if (stored === undefined) {
    throw new LoupeError('mismatch', `the dictionary reads ${hook === '' ? 'an unnamed hook' : hook}, and the store holds ${store.manifest.hooks.map(({ name }) => name).join(', ')}. ${hook === '' ? 'Name it' : 'Harvest there'}.`);
  }
  if (stored.d !== dictionary.dIn) throw new LoupeError('mismatch', `the dictionary takes ${dictionary.dIn} numbers a row, and ${hook} has ${stored.d} in the store.`);
  const trained = dictionary.provenance.model;
  if (trained !== null && trained.hash !== '' && identity.hash !== '' && trained.hash !== identity.hash) {
    throw new LoupeError('mismatch', `the dictionary was trained on ${trained.name} (${trained.hash.slice(0, 12)}), and the model given is ${identity.name} (${identity.hash.slice(0, 12)}).`);
  }
}

/** Empties `folder` unless it belongs to the build `key`. */
function claimFolder(folder: string, key: string): void {
  const keyFile = join(folder, 'key');
  const ours = existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key;
  removeFiles(folder, ours ? partialNames : allNames);
  if (!ours) writeFileAtomic(keyFile, key);
}

const allNames = /^((codes|features)-\d+\.safetensors|(contexts|moments)\.safetensors|vocabulary\.json|statistics\.json|key)(\.\d+-\d+\.partial)?$/;
/** What a killed process left behind. */
const partialNames = /\.\d+-\d+\.partial$/;
/** What only the counting needs. */
const codeNames = /^(codes-\d+|moments)\.safetensors$/;

function removeFiles(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder)) if (pattern.test(name)) rmSync(join(folder, name));
}

function layerOf(hook: string): number | null {
  const match = /^blocks\.(\d+)\./.exec(hook);
  return match === null ? null : Number(match[1]);
}

interface Hashes {
  readonly key: string;
  readonly store: string;
}

function describe(parts: StatisticsParts, { key, store: hashOfStore }: Hashes, counted: { tokens: number; dead: number; contexts: number }, options: StatisticsOptions): StatisticsManifest {
  const { store, dictionary, hook, name, identity } = parts;
  const { corpus, contextLength } = store.manifest;
  const { name: modelName, hash, tokenizerHash, family, dModel, layers } = identity;
  return {
    format: 'loupe-statistics', version: 1, key,
    source: { kind: dictionary.provenance.variant, name, hookPoint: hook, layer: layerOf(hook), dictionaryHash: dictionaryHash(dictionary), features: dictionary.dSae, tokens: counted.tokens, dead: counted.dead },
    model: { hash, tokenizerHash, name: modelName, family, dModel, layers },
    store: { hash: hashOfStore, corpusName: corpus.name, corpusHash: corpus.hash, contextLength },
    chunkFeatures, chunks: Math.ceil(dictionary.dSae / chunkFeatures), contexts: counted.contexts, window: Math.min(options.window, contextLength), intervals,
    provenance: { model: identity, store: { ...store.manifest, shards: store.manifest.shards.length }, dictionary: dictionary.provenance, statistics: { ...options, hook, key } },
  };
}

/** The text of every id that the model can give; a model may have more logits than its tokenizer has tokens. */
function vocabularyOf({ tokenizer, unembedding }: StatisticsParts): VocabularyTexts {
  const vocab = Math.max(tokenizer.vocab, unembedding.weight.shape[1] ?? 0);
  const texts = Array.from({ length: vocab }, (_, id) => (id < tokenizer.vocab ? tokenizer.display(id).slice(0, 1000) : `[${id}]`));
  return { texts, special: [...tokenizer.specialTokenIds].filter((id) => id < vocab).sort((a, b) => a - b) };
}

/** Effects of a chunk's directions on the logits; none for a dictionary off the residual stream, whose directions have another width. */
function effectsOf({ dictionary, unembedding }: StatisticsParts, first: number, n: number, options: StatisticsOptions): LogitEffects {
  const { dOut, wDec } = dictionary;
  const reaches = wDec.length > 0 && unembedding.weight.shape[0] === dOut;
  return logitEffects(reaches ? wDec.subarray(first * dOut, (first + n) * dOut) : new Float32Array(0), unembedding, options.logits, options.centreLogits);
}

/** Heads that a decoder row consists of: 0 away from the attention output of heads. */
function headsOf({ dictionary, hook, heads }: StatisticsParts): number {
  return /\.attn\.hook_z$/.test(hook) && heads > 0 && dictionary.dOut % heads === 0 ? heads : 0;
}

/** Everything of a chunk's extras: what was counted, what the weights and the effects say, and the class of the peaks. */
function extrasOf(parts: StatisticsParts, counted: CountedChunk, effects: LogitEffects, tokenClass: Uint8Array, options: StatisticsOptions): ChunkExtras {
  const { dOut, wDec } = parts.dictionary;
  const [first, n] = [counted.first, counted.firings.length];
  const weights = wDec.length === 0 ? noWeights(n) : decoderWeights(wDec.subarray(first * dOut, (first + n) * dOut), dOut, headsOf(parts), options.related);
  const reaches = effects.histogram.length === n * histogramBins;
  return {
    ...counted.extras, ...weights, tokenClass,
    logitLow: reaches ? effects.low : new Float32Array(n), logitHigh: reaches ? effects.high : new Float32Array(n), logitHistogram: effects.histogram,
  };
}

/** Of units without directions. */
const noNeighbours: Nearest = { ids: new Int32Array(0), cosines: new Float32Array(0) };

/** Directions that are all at right angles (CRATE's atoms in their own stream) have no nearest. */
function withNearest(nearest: Nearest): Nearest {
  return nearest.cosines.every((cosine) => cosine === 0) ? noNeighbours : nearest;
}

async function makeChunks(parts: StatisticsParts, coded: CodedStore, folder: string, options: StatisticsOptions, context: StatisticsContext): Promise<void> {
  const { dSae, dOut, wDec } = parts.dictionary;
  const units: Tensor2D | null = wDec.length === 0 ? null : unitRows(wDec, dOut);
  const classOf = classesOf(parts.tokenizer);
  const start = performance.now();
  let made = 0;
  try {
    for (let first = 0; first < dSae; first += chunkFeatures) {
      if (existsSync(chunkPath(folder, first / chunkFeatures))) continue;
      await breathe();
      throwIfStopped(context.signal);
      const n = Math.min(chunkFeatures, dSae - first);
      const near = units === null ? noNeighbours : withNearest(nearestRows(units, first, n, options.neighbours));
      const effects = effectsOf(parts, first, n, options);
      const counted = countChunk(coded, first, n, options);
      const classes = peakClasses(counted.examples, parts.store, classOf, [0, polesGroups]);
      writeChunk(folder, first / chunkFeatures, {
        ...counted, extras: extrasOf(parts, counted, effects, classes, options),
        logitIds: effects.ids, logitValues: effects.values, neighbourIds: near.ids, neighbourCosines: near.cosines,
      });
      made += n;
      const eta = ((performance.now() - start) / 1000 / made) * (dSae - first - n);
      context.progress({ phase: 'statistics', step: first + n, total: dSae, tokensPerSecond: null, etaSeconds: eta, metrics: {}, message: null });
    }
  } finally {
    units?.dispose();
  }
}

/** Runs the pass in `folder`, or what is left of it. Kinds mismatch, cancelled, locked, not-finite, no-space. */
export async function computeStatistics(parts: StatisticsParts, options: StatisticsOptions, folder: string, context: StatisticsContext): Promise<StatisticsResult> {
  checkParts(parts);
  const store = storeHash(parts.store, parts.hook);
  const key = buildKey(store, dictionaryHash(parts.dictionary), parts.identity, parts.hook, options);
  mkdirSync(folder, { recursive: true });
  const unlock = lockStore(folder);
  try {
    claimFolder(folder, key);
    if (!existsSync(manifestPath(folder))) await computeAll(parts, options, folder, { key, store }, context);
    removeFiles(folder, codeNames);
  } finally {
    unlock();
  }
  const { source } = readManifest(folder);
  return { folder, key, features: source.features, tokens: source.tokens, dead: source.dead };
}

async function computeAll(parts: StatisticsParts, options: StatisticsOptions, folder: string, hashes: Hashes, context: StatisticsContext): Promise<void> {
  const { store, dictionary } = parts;
  const { contextLength } = store.manifest;
  const plan = await encodeStore(store, parts.hook, dictionary, folder, context);
  const { counts, byBlock, tokens } = countFirings(folder, plan.blocks, dictionary.dSae);
  // Units are the dimensions themselves: which go with which, the lists of features say.
  const wide = dictionary.units === undefined ? store.manifest.hooks.find(({ name }) => name === parts.hook)!.d : 0;
  // Without lists of what features go with, nothing asks for the sums.
  const moments = options.related === 0 ? readMoments(folder, dictionary.dSae, wide) : await gatherMoments(store, parts.hook, { dSae: dictionary.dSae, d: wide }, folder, plan, context);
  const cofiring = new Cofiring(folder, byBlock, plan.blockContexts * contextLength, dictionary.dSae);
  const relations = new Relations(cofiring, moments, counts, tokens, options.related);
  const coded: CodedStore = { folder, blocks: plan.blocks, contextLength, counts, documents: DocumentIndex.of(store), relations };
  await makeChunks(parts, coded, folder, options, context);
  const used = usedContexts(folder, Math.ceil(dictionary.dSae / chunkFeatures), store.manifest.contexts);
  const dead = counts.filter((n) => n === 0).length;
  writeContexts(folder, readUsedContexts(store, used));
  writeVocabulary(folder, vocabularyOf(parts));
  writeManifest(folder, describe(parts, hashes, { tokens, dead, contexts: used.length }, options));
  context.log(`counted ${tokens.toLocaleString('en-US')} tokens; ${dead} of ${dictionary.dSae.toLocaleString('en-US')} features never fire`);
}
