/** Comparing two sources as a job, and reading what it found. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import type { JobContext } from '../../engine/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Source } from '../../shared/schema/catalog.ts';
import type { CompareConfig, CompareResult } from '../../shared/schema/compare.ts';
import { evaluationFileSchema } from '../../shared/schema/evaluation.ts';
import type { MetricRecord } from '../../shared/schema/evaluation.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { CatalogShelf } from '../catalogs.ts';
import { overlapOf } from '../catalog/client.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import { compareFigures } from './figures.ts';

type Stage = (config: Readonly<Record<string, unknown>>, context: JobContext) => Promise<Record<string, unknown>>;

export interface CompareParts {
  readonly catalogs: CatalogShelf;
  readonly workspace: string;
}

async function sourceOf(catalogs: CatalogShelf, { catalog, source }: CompareConfig['a']): Promise<Source> {
  const found = (await (await catalogs.get(catalog)).info()).sources.find(({ id }) => id === source);
  if (found === undefined) throw new LoupeError('not-found', `${catalog} has no source ${source}.`);
  return found;
}

/** The dictionary's own record in a catalog's provenance, as JSON text. */
export function dictionaryRecord(provenance: string): string | null {
  try {
    const { dictionary } = JSON.parse(provenance) as { dictionary?: unknown };
    return dictionary === undefined ? null : JSON.stringify(dictionary);
  } catch {
    return null;
  }
}

export async function dictionaryFolders(workspace: string): Promise<string[]> {
  const { items } = await scanWorkspace(workspace);
  return items.filter(({ kind, problem }) => kind === 'dictionary' && problem === null).map(({ path }) => path).slice(0, 1000);
}

function matchSide({ name, dictionaryHash, provenance }: Source): { name: string; hash: string; provenance: string | null } {
  if (dictionaryHash === null) throw new LoupeError('unsupported', `${name} has no dictionary: compare by examples.`);
  return { name, hash: dictionaryHash, provenance: dictionaryRecord(provenance) };
}

/** Result: {matches: a file, dictionaries: their folders, or none}. Kinds: those of matching, and of opening catalogs. */
export async function runCompare({ catalogs, workspace }: CompareParts, config: CompareConfig, context: JobContext, match: Stage): Promise<Record<string, unknown>> {
  const [a, b] = [await sourceOf(catalogs, config.a), await sourceOf(catalogs, config.b)];
  if (config.method === 'cosine') {
    if (a.modelHash !== b.modelHash && a.hookPoint !== b.hookPoint) context.log(`${a.name} and ${b.name} belong to other models and hooks: cosines between them may mean nothing.`);
    return match({ candidates: await dictionaryFolders(workspace), a: matchSide(a), b: matchSide(b), signed: false }, context);
  }
  const started = performance.now();
  const report = (share: number): void => {
    const etaSeconds = share === 0 ? null : ((performance.now() - started) / 1000) * (1 / share - 1);
    context.progress({ phase: 'match', step: Math.floor(share * 100), total: 100, tokensPerSecond: null, etaSeconds, metrics: {}, message: share < 0.5 ? 'Reading where features fire' : 'Finding the nearest of each feature' });
  };
  report(0);
  const overlap = await overlapOf((await catalogs.get(config.a.catalog)).path, config.a.source, (await catalogs.get(config.b.catalog)).path, config.b.source, { signal: context.signal, report });
  const path = join(context.folder, 'matches.json');
  writeJsonAtomic(path, overlap);
  return { matches: path, dictionaries: [] };
}

function recordsOf(folder: string | undefined): MetricRecord[] {
  // Beside a dictionary that is one file, the figures lie under its name.
  const file = folder === undefined ? undefined : [join(folder, 'eval.json'), `${folder}.eval.json`].find((path) => existsSync(path));
  if (file === undefined) return [];
  const parsed = evaluationFileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? [...parsed.data.records] : [];
}

async function densityOf(catalogs: CatalogShelf, { catalog, source }: CompareConfig['a']): Promise<Float32Array> {
  const { columns } = await (await catalogs.get(catalog)).columns({ source, names: ['density'] });
  return columns[0]!.data as Float32Array;
}

/** What a job in `folder` found. Kind not-found when it has not ended. */
export async function compareResult({ catalogs }: CompareParts, config: CompareConfig, folder: string, result: Readonly<Record<string, unknown>> | null): Promise<CompareResult> {
  const file = join(folder, 'matches.json');
  if (result === null || !existsSync(file)) throw new LoupeError('not-found', 'this comparison has no result yet.');
  const { a, b } = JSON.parse(readFileSync(file, 'utf8')) as { a: { at: number[]; value: number[] }; b: { at: number[]; value: number[] } };
  const folders = Array.isArray(result['dictionaries']) ? result['dictionaries'].map(String) : [];
  const sides = await Promise.all([config.a, config.b].map(async (side, i) => ({ source: await sourceOf(catalogs, side), density: await densityOf(catalogs, side), records: recordsOf(folders[i]) })));
  return {
    method: config.method, aAt: vector(Int32Array.from(a.at)), aValue: vector(Float32Array.from(a.value)), bAt: vector(Int32Array.from(b.at)), bValue: vector(Float32Array.from(b.value)),
    aDensity: vector(sides[0]!.density), bDensity: vector(sides[1]!.density), figures: compareFigures(sides[0]!, sides[1]!),
  };
}
