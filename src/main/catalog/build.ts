/**
 * Building a catalog: the statistics pass in the engine, then its files row by row into the catalog, by the writing thread.
 *
 * Stopped or killed at any moment, the catalog opens and says that it is incomplete; the same build in the same folder goes on.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { placeError } from '../../engine/files/place-errors.ts';
import type { JobContext } from '../../engine/job.ts';
import { lockFile } from '../../engine/store/lock.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { BuildConfig } from './build-config.ts';
import { createCatalog, openCatalog } from './client.ts';
import type { CatalogClient } from './client.ts';
import { runLabelling } from './first-guesses.ts';
import type { BuildState } from './ingest.ts';
import { labelConfigSchema } from './label-config.ts';
import { write } from './threads.ts';

/** Runs the statistics pass: the engine process for the studio, this very process for the command line. */
export type StatisticsRunner = (config: Readonly<Record<string, unknown>>, context: JobContext) => Promise<Record<string, unknown>>;

/** Contexts a transaction. */
const contextBatch = 1000;

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new LoupeError('cancelled', 'the build was stopped. Run it again to go on where it stopped.');
}

/** Puts the statistics in `folder` into the catalog `path`, or what is missing of them. */
export async function ingestStatistics(path: string, folder: string, context: Pick<JobContext, 'signal' | 'progress'>): Promise<BuildState> {
  const build = await write(path, 'beginBuild', { folder, startedAt: new Date().toISOString() });
  const total = build.contexts + build.chunks;
  const report = (step: number): void => context.progress({ phase: 'catalog', step, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
  for (let contexts = build.contextsDone; contexts < build.contexts; report(contexts)) {
    throwIfStopped(context.signal);
    contexts = await write(path, 'addContexts', { folder, limit: contextBatch });
  }
  for (let chunks = build.chunksDone; chunks < build.chunks; report(build.contexts + chunks)) {
    throwIfStopped(context.signal);
    chunks = await write(path, 'addChunk', { folder });
  }
  if (!build.complete) await write(path, 'endBuild', { folder, finishedAt: new Date().toISOString() });
  return build;
}

/** A finished build's result, kept with its config: run again, it is found and not made again. */
function finishedResult(folder: string, config: unknown): Record<string, unknown> | null {
  const file = join(folder, 'build.json');
  if (!existsSync(file)) return null;
  const saved = JSON.parse(readFileSync(file, 'utf8')) as { config: unknown; result: Record<string, unknown> };
  return isDeepStrictEqual(saved.config, config) ? saved.result : null;
}

async function holds(catalog: CatalogClient, source: unknown): Promise<boolean> {
  return (await catalog.info()).sources.some(({ id, complete }) => id === source && complete);
}

/** Makes the empty catalog; false when another build has just done so, whose lock on the statistics then says the rest. */
async function created(path: string): Promise<boolean> {
  try {
    await createCatalog(path);
    return true;
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'conflict') return false;
    throw error;
  }
}

/**
 * Builds `config.out`: makes the file, or adds a source to it. Result: {catalog, source, features, tokens, dead, dictionary, labelled, detection}. A new file that
 * nothing came into is removed again when the build fails. One process at a time builds in a folder; `done` is called before the next may.
 * Kinds: those of the statistics pass and of opening, read-only, no-space, cancelled, locked.
 */
export async function buildCatalog(
  config: BuildConfig | Readonly<Record<string, unknown>>, context: JobContext, runStatistics: StatisticsRunner, done: () => void = () => {},
): Promise<Record<string, unknown>> {
  const path = resolve((config as BuildConfig).out);
  const release = takeBuild(context.folder, path);
  try {
    const result = await buildAlone(path, config, context, runStatistics);
    done();
    return result;
  } finally {
    release();
  }
}

/** The lock lies beside the folder, which a finished build removes. */
function takeBuild(folder: string, path: string): () => void {
  if (!existsSync(dirname(folder))) throw new LoupeError('not-found', `${dirname(folder)} does not exist. Make the folder first, or choose another place for the catalog.`);
  try {
    return lockFile(`${folder}.lock`, path);
  } catch (error) {
    throw placeError(error, dirname(folder));
  }
}

async function buildAlone(
  path: string, config: BuildConfig | Readonly<Record<string, unknown>>, context: JobContext, runStatistics: StatisticsRunner,
): Promise<Record<string, unknown>> {
  // Before the long part: a place that cannot be written is said at once, and a kill from here on leaves a catalog that opens.
  const isNew = !existsSync(path) && (await created(path));
  const catalog = await openCatalog(path);
  try {
    if (catalog.readOnly) throw new LoupeError('read-only', `out: ${path} cannot be written. Choose another place.`);
    const finished = finishedResult(context.folder, config);
    if (finished !== null && await holds(catalog, finished['source'])) return finished;
    return await build(catalog, config as BuildConfig, context, runStatistics);
  } catch (error) {
    const stopped = error instanceof LoupeError && (error.kind === 'cancelled' || error.kind === 'engine-lost');
    const empty = !stopped && isNew && (await catalog.info()).sources.length === 0;
    await catalog.close();
    if (empty) rmSync(path, { force: true });
    throw placeError(error, context.folder);
  } finally {
    await catalog.close();
  }
}

async function build(catalog: CatalogClient, config: BuildConfig, context: JobContext, runStatistics: StatisticsRunner): Promise<Record<string, unknown>> {
  const { out: _out, labels, ...statistics } = config;
  const folder = join(context.folder, 'statistics');
  const { features, tokens, dead, dictionary } = await runStatistics(statistics, { ...context, folder });
  const { source } = await ingestStatistics(catalog.path, folder, context);
  const guesses = labels ? await runLabelling(labelConfigSchema.parse({ catalog: catalog.path, source, seed: config.seed }), context) : null;
  const result = { catalog: catalog.path, source, features, tokens, dead, ...(dictionary === undefined ? {} : { dictionary }), labelled: guesses?.['labelled'] ?? 0, detection: guesses?.['detection'] ?? null };
  writeJsonAtomic(join(context.folder, 'build.json'), { config, result });
  rmSync(folder, { recursive: true, force: true });
  return result;
}
