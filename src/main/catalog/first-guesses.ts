/**
 * A run of a labeller over the features of a catalog: first guesses where no person and no model has labelled. An older label of a rule
 * gives way to the new one through the history. Stopped or killed, the same run in the same folder goes on where it stopped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import type { JobContext } from '../../engine/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from './client.ts';
import type { CatalogClient } from './client.ts';
import type { Guess } from './guessing.ts';
import type { LabelConfig } from './label-config.ts';
import { ownThread, write } from './threads.ts';

type Context = Pick<JobContext, 'signal' | 'folder' | 'progress'>;

/** Features a transaction, and between two looks at the stop signal: a fraction of a second. */
const batch = 64;

interface Progress {
  readonly config: LabelConfig;
  /** The next feature to be done, by its number. */
  readonly next: number;
  readonly done: number;
  readonly labelled: number;
  readonly tooRare: number;
  readonly unexplained: number;
}

function progressBefore(file: string, config: LabelConfig): Progress {
  const saved = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Progress : null;
  return saved !== null && isDeepStrictEqual(saved.config, config) ? saved : { config, next: 0, done: 0, labelled: 0, tooRare: 0, unexplained: 0 };
}

/** Reports each batch with the time that is left, from what this sitting took. */
function reporter({ progress }: Context, from: number, total: number): (state: Progress) => void {
  const start = performance.now();
  return ({ done, labelled }) => {
    const each = done > from ? (performance.now() - start) / 1000 / (done - from) : null;
    progress({ phase: 'label', step: done, total, tokensPerSecond: null, etaSeconds: each === null ? null : each * (total - done), metrics: { labelled }, message: null });
  };
}

/** What a run gives beside its labels, where somebody looks on. */
export interface Watcher {
  /** Labels of other features are scored too; the result has their median as `floor`. */
  readonly floor: boolean;
  /** Called with each guess, which then has the windows that it was found in. */
  readonly show: ((guess: Guess) => void) | null;
}

const nobody: Watcher = { floor: false, show: null };

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function labelAll({ path }: CatalogClient, source: number, config: LabelConfig, context: Context, watcher: Watcher): Promise<Record<string, unknown>> {
  const file = join(context.folder, 'label.json');
  const { labeller, seed, fuzzing, features, filter } = config;
  const floors: number[] = [];
  const thread = ownThread();
  try {
    let state = progressBefore(file, config);
    const left = (await thread.ask(path, 'labelTargets', { source, features, filter })).filter((index) => index >= state.next);
    const report = reporter(context, state.done, state.done + left.length);
    report(state);
    for (let at = 0; at < left.length; at += batch) {
      if (context.signal.aborted) throw new LoupeError('cancelled', 'labelling was stopped. Run it again to go on where it stopped.');
      const indices = left.slice(at, at + batch);
      const found = await thread.ask(path, 'guessLabels', { source, labeller, seed, fuzzing, indices, floor: watcher.floor, show: watcher.show !== null });
      floors.push(...found.floor);
      found.guesses.forEach((guess) => watcher.show?.(guess));
      const labelled = state.labelled + await write(path, 'addGuesses', { source, labeller, batch: found });
      state = {
        config, next: indices.at(-1)! + 1, done: state.done + indices.length, labelled, tooRare: state.tooRare + found.tooRare, unexplained: state.unexplained + found.unexplained,
      };
      writeJsonAtomic(file, state);
      report(state);
    }
    const summary = await thread.ask(path, 'scoreSummary', { source });
    const { done, labelled, tooRare, unexplained } = state;
    return { catalog: path, source, labeller, features: done, labelled, tooRare, unexplained, scored: summary.n, detection: summary.median, detectionQuartiles: summary.quartiles, ...(watcher.floor ? { floor: median(floors) } : {}) };
  } finally {
    await thread.stop();
  }
}

/**
 * Runs a labeller over `config.catalog`. Result: {catalog, source, labeller, features, labelled, tooRare, unexplained, scored, detection (the median
 * balanced accuracy over all machine labels of the source), detectionQuartiles}. Kinds: those of opening, read-only, bad-config, cancelled.
 */
export async function runLabelling(config: LabelConfig, context: Context, watcher: Watcher = nobody): Promise<Record<string, unknown>> {
  const catalog = await openCatalog(config.catalog);
  try {
    if (catalog.readOnly) throw new LoupeError('read-only', `catalog: ${catalog.path} cannot be written. Copy it to your workspace to label it.`);
    const source = config.source ?? (await catalog.info()).sources[0]?.id;
    if (source === undefined) throw new LoupeError('not-found', `catalog: ${catalog.path} has no source yet, so that there is nothing to label.`);
    return await labelAll(catalog, source, config, context, watcher);
  } finally {
    await catalog.close();
  }
}
