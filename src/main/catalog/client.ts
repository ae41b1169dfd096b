/**
 * Catalogs, as main and the command line use them: every method is answered by a thread, no SQL runs here.
 */
import { accessSync, constants, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { CatalogInfo, VerifyReport } from '../../shared/schema/catalog.ts';
import type { MergeInput, MergePreview, MergeResult } from '../../shared/schema/share.ts';
import { checkHeader } from './header.ts';
import type { MethodInput, MethodOutput, ReadMethod, WriteMethod } from './types.ts';
import type { AloneWatch } from './threads.ts';
import { closeEverywhere, read, runAlone, write } from './threads.ts';

export { setSlowQueryLog, stopThreads, warmThreads } from './threads.ts';

type Answer<M extends Exclude<ReadMethod, 'info'>> = (input: MethodInput<M>) => Promise<MethodOutput<M>>;

/** An open catalog. Inputs are those of the contract's `catalog.*` commands without their `catalog`. */
export interface CatalogClient {
  /** The file's real path; also the handle in `info().catalog`. */
  readonly path: string;
  /** Labels cannot be set: a file from someone else, or a place that cannot be written. */
  readonly readOnly: boolean;
  info(): Promise<CatalogInfo>;
  readonly features: Answer<'features'>;
  readonly indices: Answer<'indices'>;
  readonly facets: Answer<'facets'>;
  readonly columns: Answer<'columns'>;
  readonly feature: Answer<'feature'>;
  readonly context: Answer<'context'>;
  readonly contextBeside: Answer<'contextBeside'>;
  readonly search: Answer<'search'>;
  readonly labels: Answer<'labels'>;
  setLabel(input: MethodInput<'setLabel'>): Promise<MethodOutput<'setLabel'>>;
  undoLabel(input: MethodInput<'undoLabel'>): Promise<MethodOutput<'undoLabel'>>;
  /** Any other question, by its method's name. */
  ask<M extends ReadMethod>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>>;
  /** Any other change. Kind read-only where nothing may be written. */
  change<M extends WriteMethod>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>>;
  /** What merging the catalog at `from` would do. Kinds: those of opening a foreign catalog, bad-request for this very file. */
  previewMerge(from: string): Promise<MergePreview>;
  merge(from: string, input: MergeInput): Promise<MergeResult>;
  merges(): Promise<MethodOutput<'merges'>>;
  undoMerge(merge: number): Promise<MethodOutput<'undoMerge'>>;
  /** Kind disposed for whatever is asked afterwards. Opened twice, a catalog stays open for the other. */
  close(): Promise<void>;
}

/** How often each path is open in this process. */
const opened = new Map<string, number>();

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function realPath(path: string): string {
  try {
    return realpathSync(resolve(path));
  } catch (cause) {
    throw new LoupeError('not-found', `${path} does not exist. Check the path.`, undefined, { cause });
  }
}

/** Lets a writer have the file first: it undoes what a killed process left half done, and lifts an old schema. */
async function prepare(path: string): Promise<boolean> {
  if (!writable(path)) return false;
  try {
    await write(path, 'prepare', null);
    return true;
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'read-only') return false;
    throw error;
  }
}

/**
 * Opens the catalog at `path`. `readOnly` is for files from someone else: nothing is ever written to them or beside them.
 * Kinds: not-found, bad-file (no catalog, damaged, a foreign schema), catalog-from-future, locked.
 */
export async function openCatalog(path: string, options: { readonly readOnly?: boolean } = {}): Promise<CatalogClient> {
  const file = realPath(path);
  const foreign = options.readOnly === true;
  // Closing a descriptor of a file drops this process's locks on it (POSIX): no looking at the header while somebody here has it open.
  if (!opened.has(file)) checkHeader(file, foreign);
  opened.set(file, (opened.get(file) ?? 0) + 1);
  try {
    const canWrite = foreign ? false : await prepare(file);
    const { sources } = await read(file, 'info', null);
    const opening = client(file, !canWrite);
    void warmUp(opening, sources);
    return opening;
  } catch (error) {
    await release(file);
    throw error;
  }
}

/** Sources with fewer features are read soon enough when somebody asks. */
const largeSource = 16_384;
const warmParts: readonly MethodInput<'warm'>['part'][] = ['figures', 'labels', 'contexts', 'label order', 'authors'];
/** ms. The first page and the charts come before. */
const warmAfter = 400;

/** Brings the columns of large sources to memory, part by part, while nobody asks for anything. What fails here is said when it is asked for. */
async function warmUp(catalog: CatalogClient, sources: readonly { readonly id: number; readonly features: number; readonly complete: boolean }[]): Promise<void> {
  try {
    for (const source of sources.filter(({ features, complete }) => complete && features > largeSource)) {
      for (const part of warmParts) {
        await new Promise((resolve) => { setTimeout(resolve, warmAfter).unref(); });
        await catalog.ask('warm', { source: source.id, part });
      }
    }
  } catch {
    // Closed meanwhile, or damaged.
  }
}

async function release(path: string): Promise<void> {
  const left = (opened.get(path) ?? 1) - 1;
  if (left > 0) opened.set(path, left);
  else {
    opened.delete(path);
    await closeEverywhere(path);
  }
}

function client(path: string, readOnly: boolean): CatalogClient {
  let open = true;
  const check = (): void => {
    if (!open) throw new LoupeError('disposed', `${path} was closed. Open it again.`);
  };
  const askNow = async <M extends ReadMethod>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>> => {
    check();
    return read(path, method, input);
  };
  const changeNow = async <M extends WriteMethod>(method: M, input: MethodInput<M>): Promise<MethodOutput<M>> => {
    check();
    if (readOnly) throw new LoupeError('read-only', `${path} is open read-only. Copy it to your workspace to label it.`);
    return write(path, method, input);
  };
  const ask = <M extends ReadMethod>(method: M) => (input: MethodInput<M>): Promise<MethodOutput<M>> => askNow(method, input);
  const change = <M extends WriteMethod>(method: M) => (input: MethodInput<M>): Promise<MethodOutput<M>> => changeNow(method, input);
  const info = ask('info');
  const other = (from: string): { from: string; openHere: boolean } => {
    const file = realPath(from);
    if (file === path) throw new LoupeError('bad-request', `from: ${from} is this very catalog. Name the one that is to be merged into it.`);
    return { from: file, openHere: opened.has(file) };
  };
  return {
    path, readOnly,
    info: async () => ({ ...(await info(null)), catalog: path, readOnly }),
    features: ask('features'), indices: ask('indices'), facets: ask('facets'), columns: ask('columns'), feature: ask('feature'), context: ask('context'), contextBeside: ask('contextBeside'), search: ask('search'), labels: ask('labels'),
    setLabel: change('setLabel'), undoLabel: change('undoLabel'), ask: askNow, change: changeNow,
    previewMerge: async (from) => ask('previewMerge')(other(from)),
    merge: async (from, input) => change('merge')({ ...input, ...other(from) }),
    merges: () => ask('merges')(null), undoMerge: (merge) => change('undoMerge')({ merge }),
    close: async () => {
      if (!open) return;
      open = false;
      await release(path);
    },
  };
}

/** Checks a file from anywhere, without opening it for use: SQLite's own check, the schema, and the rules that rows obey. */
export async function verifyCatalog(path: string): Promise<VerifyReport> {
  const file = realPath(path);
  return runAlone(file, 'verify', { openHere: opened.has(file) });
}

/** Which features of two sources fire at the same places. The files may be open here. Kinds: those of opening, not-found, cancelled. */
export async function overlapOf(pathA: string, sourceA: number, pathB: string, sourceB: number, watch: AloneWatch = {}): Promise<MethodOutput<'overlap'>> {
  const side = (path: string, source: number): { path: string; source: number; openHere: boolean } => ({ path: realPath(path), source, openHere: opened.has(realPath(path)) });
  return runAlone(realPath(pathA), 'overlap', { a: side(pathA, sourceA), b: side(pathB, sourceB) }, watch);
}

/** What the file at `path` says of itself, its schema compared and nothing of it opened for use. Kinds: not-found, bad-file, catalog-from-future. */
export async function inspectForeign(path: string): Promise<MethodOutput<'inspect'>> {
  const file = realPath(path);
  return runAlone(file, 'inspect', { openHere: opened.has(file) });
}

/**
 * Copies the rows of a catalog, each checked, into a fresh file of our own at `to` and rebuilds its text index.
 * Kinds: conflict when `to` exists, bad-file naming the first row that is not as it should be.
 */
export async function copyCatalog(path: string, to: string): Promise<void> {
  const file = realPath(path);
  await runAlone(file, 'copy', { to: resolve(to), openHere: opened.has(file) });
}

/** Makes an empty catalog. Kind conflict when something is there. */
export async function createCatalog(path: string): Promise<void> {
  await runAlone(resolve(path), 'create', null);
}
