/**
 * Rows out of the files of a statistics pass. Each step is one transaction that also advances the build's row: a kill at any moment
 * leaves a catalog that opens, says that it is incomplete, and goes on where it stopped.
 */
import { LoupeError } from '../../shared/errors.ts';
import { tokenClasses } from '../../shared/schema/catalog.ts';
import { readChunk, readContexts, readManifest, readVocabulary } from '../../engine/interp/build-files.ts';
import type { ChunkExamples, ChunkExtras, FeatureChunk, StatisticsManifest } from '../../engine/interp/build-files.ts';
import { packDocuments, quantise } from './blobs.ts';
import { packSource } from './columns/packed.ts';
import type { WriteHandle } from './handle.ts';
import { addContext, addStore, findContext, findStore } from './tables/contexts.ts';
import { addExample } from './tables/examples.ts';
import { addFeatureExtras } from './tables/feature-extras.ts';
import type { FeatureExtras } from './tables/feature-extras.ts';
import { addFeature } from './tables/features.ts';
import { addModel, addVocabularyEntry, findModel } from './tables/models.ts';
import { addBuild, addSource, advanceBuild, completeSource, findBuild, finishBuild, source } from './tables/sources.ts';
import type { BuildRow } from './tables/sources.ts';
import { vocabularyOf } from './vocabulary.ts';

export interface BuildState extends BuildRow {
  readonly contexts: number;
  readonly complete: boolean;
}

function modelOf(db: WriteHandle, folder: string, model: StatisticsManifest['model']): number {
  const known = findModel(db, model.hash, model.tokenizerHash);
  if (known !== null) return known;
  const id = addModel(db, model);
  const { texts, special } = readVocabulary(folder);
  const specials = new Set(special);
  texts.forEach((text, token) => addVocabularyEntry(db, id, token, { text, special: specials.has(token) }));
  return id;
}

/** Announces a source and its build, or finds the one that was announced before. */
export function beginBuild(db: WriteHandle, input: { readonly folder: string; readonly startedAt: string }): BuildState {
  const manifest = readManifest(input.folder);
  return db.transaction(() => {
    if (findBuild(db, manifest.key) === null) announce(db, input.folder, manifest, input.startedAt);
    const build = findBuild(db, manifest.key)!;
    return { ...build, contexts: manifest.contexts, complete: source(db, build.source)?.complete === true };
  });
}

function announce(db: WriteHandle, folder: string, manifest: StatisticsManifest, startedAt: string): void {
  const model = modelOf(db, folder, manifest.model);
  const store = findStore(db, manifest.store.hash) ?? addStore(db, { model, ...manifest.store });
  const { kind, name, hookPoint, layer, dictionaryHash, features, tokens } = manifest.source;
  const id = addSource(db, {
    kind, name, model, store, hookPoint, layer, dictionaryHash, features, tokens, dead: 0, complete: false, provenance: JSON.stringify(manifest.provenance),
  });
  addBuild(db, { source: id, key: manifest.key, chunks: manifest.chunks }, startedAt);
}

/** The build of `folder` and its source, which must have been announced. */
function buildOf(db: WriteHandle, manifest: StatisticsManifest): BuildRow & { readonly model: number; readonly store: number; readonly tokens: number } {
  const build = findBuild(db, manifest.key);
  const row = build === null ? null : source(db, build.source);
  if (build === null || row === null) throw new LoupeError('defect', `the build ${manifest.key} was not announced`);
  return { ...build, model: row.model, store: row.store, tokens: row.tokens };
}

/** The next `limit` contexts, with their text index. Returns how many are in now. */
export function addContexts(db: WriteHandle, input: { readonly folder: string; readonly limit: number }): number {
  const manifest = readManifest(input.folder);
  const length = manifest.store.contextLength;
  return db.transaction(() => {
    const build = buildOf(db, manifest);
    const n = Math.min(input.limit, manifest.contexts - build.contextsDone);
    const { numbers, tokens, documents } = readContexts(input.folder, build.contextsDone, n, length);
    const vocabulary = vocabularyOf(db, build.model);
    for (let i = 0; i < n; i++) {
      if (findContext(db, build.store, numbers[i]!) !== null) continue;
      const row = { store: build.store, number: numbers[i]!, tokens: tokens.slice(i * length, (i + 1) * length), documents: packDocuments(documents.subarray(i * length, (i + 1) * length)) };
      addContext(db, row, vocabulary.plainText(row.tokens));
    }
    advanceBuild(db, build.source, { chunks: build.chunksDone, contexts: build.contextsDone + n });
    return build.contextsDone + n;
  });
}

/** The next chunk of features with their examples. Returns how many chunks are in now. */
export function addChunk(db: WriteHandle, input: { readonly folder: string }): number {
  const manifest = readManifest(input.folder);
  return db.transaction(() => {
    const build = buildOf(db, manifest);
    if (build.chunksDone >= build.chunks) return build.chunksDone;
    const chunk = readChunk(input.folder, build.chunksDone);
    if (chunk.first !== build.chunksDone * manifest.chunkFeatures) throw new LoupeError('bad-file', `${input.folder}: chunk ${build.chunksDone} begins at feature ${chunk.first}. Remove the folder and run the build again.`);
    insertChunk(db, build.source, build.tokens, chunk, contextIds(db, build.store));
    advanceBuild(db, build.source, { chunks: build.chunksDone + 1, contexts: build.contextsDone });
    return build.chunksDone + 1;
  });
}

/** Ids of contexts by their number in the store, looked up once each. */
function contextIds(db: WriteHandle, store: number): (number: number) => number {
  const known = new Map<number, number>();
  return (number) => {
    let id = known.get(number);
    if (id === undefined) {
      id = findContext(db, store, number) ?? -1;
      if (id < 0) throw new LoupeError('bad-file', `an example refers to context ${number}, which the statistics do not hold. Run the build again in a new folder.`);
      known.set(number, id);
    }
    return id;
  };
}

/** Inserts the features of a chunk; `contextId` turns a context's number in the store into its id. */
export function insertChunk(db: WriteHandle, sourceId: number, tokens: number, chunk: FeatureChunk, contextId: (number: number) => number): void {
  const n = chunk.firings.length;
  const row = <T extends Int32Array | Float32Array>(array: T, i: number): T => rowOf(array, i, n);
  for (let i = 0; i < n; i++) {
    const index = chunk.first + i;
    const firings = chunk.firings[i]!;
    addFeature(db, sourceId, { index, firings, density: tokens === 0 ? 0 : firings / tokens, max: chunk.max[i]!, mean: chunk.mean[i]!, min: chunk.extras.min[i]!, tokenClass: tokenClasses[chunk.extras.tokenClass[i]! - 1] ?? null }, {
      low: chunk.low[i]!, high: chunk.high[i]!, histogram: Uint32Array.from(row(chunk.histogram, i)), bins: Uint32Array.from(row(chunk.bins, i)),
      logits: { ids: row(chunk.logitIds, i), values: row(chunk.logitValues, i) },
      neighbours: { ids: row(chunk.neighbourIds, i), values: row(chunk.neighbourCosines, i) },
    });
    addFeatureExtras(db, sourceId, index, extrasOf(chunk.extras, i, n));
    const signed = chunk.extras.min[i]! < 0;
    for (let e = chunk.examples.offsets[i]!; e < chunk.examples.offsets[i + 1]!; e++) insertExample(db, sourceId, index, chunk.examples, e, signed, contextId);
  }
}

/** Row `i` of an array of `n` rows. */
function rowOf<T extends Int32Array | Float32Array>(array: T, i: number, n: number): T {
  return array.subarray((i * array.length) / n, ((i + 1) * array.length) / n) as T;
}

/** The extras of feature `i` of a chunk of `n`; lists end before their first -1. */
function extrasOf(all: ChunkExtras, i: number, n: number): FeatureExtras {
  const row = <T extends Int32Array | Float32Array>(array: T): T => rowOf(array, i, n);
  const list = <T extends Int32Array | Float32Array>(ids: Int32Array, values: T): { ids: Int32Array; rest: T } => {
    const end = row(ids).indexOf(-1);
    const length = end < 0 ? row(ids).length : end;
    return { ids: row(ids).subarray(0, length), rest: row(values).subarray(0, length) as T };
  };
  const pairs = (ids: Int32Array, values: Float32Array): FeatureExtras['aligned'] => { const found = list(ids, values); return { ids: found.ids, values: found.rest }; };
  const together = list(all.cooccurringIds, all.cooccurringCounts);
  const counts = (array: Int32Array): Uint32Array => Uint32Array.from(row(array));
  const below = all.min[i]! < 0;
  return {
    logits: { low: all.logitLow[i]!, high: all.logitHigh[i]!, counts: counts(all.logitHistogram) },
    weights: { low: all.weightLow[i]!, high: all.weightHigh[i]!, counts: counts(all.weightHistogram) }, norm: all.weightNorm[i]!, l1: all.weightL1[i]!, heads: row(all.heads),
    aligned: pairs(all.alignedIds, all.alignedValues), neurons: pairs(all.neuronIds, all.neuronValues), correlated: pairs(all.correlatedIds, all.correlatedValues),
    cooccurring: { ids: together.ids, counts: together.rest },
    negative: { low: all.negativeLow[i]!, high: all.negativeHigh[i]!, counts: below ? counts(all.negativeHistogram) : new Uint32Array(0) },
    negativeBins: below ? counts(all.negativeBins) : new Uint32Array(0),
  };
}

function insertExample(db: WriteHandle, sourceId: number, feature: number, all: ChunkExamples, e: number, signed: boolean, contextId: (number: number) => number): void {
  const width = all.activations.length / all.group.length;
  const activations = all.activations.subarray(e * width, e * width + all.length[e]!);
  const maximum = activations.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  addExample(db, sourceId, feature, {
    group: all.group[e]!, rank: all.rank[e]!, context: contextId(all.context[e]!), start: all.start[e]!, peak: all.peak[e]!,
    value: all.value[e]!, maximum, activations: quantise(activations, maximum, signed),
  });
}

/** Marks the source complete. Kind defect while chunks or contexts are missing. */
export function endBuild(db: WriteHandle, input: { readonly folder: string; readonly finishedAt: string }): { readonly source: number; readonly dead: number } {
  const manifest = readManifest(input.folder);
  return db.transaction(() => {
    const build = buildOf(db, manifest);
    if (build.chunksDone < build.chunks || build.contextsDone < manifest.contexts) throw new LoupeError('defect', 'a build was ended before all of it was in');
    completeSource(db, build.source);
    packSource(db, source(db, build.source)!);
    finishBuild(db, build.source, input.finishedAt);
    return { source: build.source, dead: source(db, build.source)!.dead };
  });
}
