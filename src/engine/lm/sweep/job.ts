/** Several language models trained one after another and measured alike, as a job. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { LmSweepRow } from '../../../shared/schema/lm-sweep.ts';
import { usualGames } from '../../corpora/games.ts';
import { placeError } from '../../files/place-errors.ts';
import type { JobContext, JobRunner } from '../../job.ts';
import { takeFolder } from '../../train/folder.ts';
import { upcycleModel } from '../own/upcycle-model.ts';
import { evaluateLm } from '../training/evaluate.ts';
import { runLmTrain, type LmTrainConfig } from '../training/job.ts';
import { expandLmSweep, type LmSweep, type SweepRun } from './config.ts';
import { readLmTable, summarise, writeLmTable } from './table.ts';

export { lmSweepSchema } from './config.ts';
export type { LmSweep } from './config.ts';

/** The table of a sweep in its folder. */
export const lmTableFile = 'table.json';

/** Figures of a trained model, by name. */
export type Measure = (model: string, sweep: LmSweep, context: JobContext) => Promise<Readonly<Record<string, number>>>;

/** All numbers of an evaluation, those within parts of it as "part.name". */
export function numbersOf(result: Readonly<Record<string, unknown>>, prefix = ''): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(result)) {
    if (typeof value === 'number' && Number.isFinite(value)) found[prefix + name] = value;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) Object.assign(found, numbersOf(value as Record<string, unknown>, `${prefix}${name}.`));
  }
  return found;
}

const measure: Measure = async (model, { evaluate, base }, { signal, log }) => {
  const games = typeof base['data'] === 'string' && base['data'] !== 'chess' ? base['data'] : usualGames();
  let phase = '';
  const told = (now: string): void => {
    if (now !== phase) log(`measuring: ${phase = now}`);
  };
  return numbersOf(await evaluateLm({ model, data: null, tokens: evaluate.tokens, chess: evaluate.chessGames === 0 ? null : { games, most: evaluate.chessGames } }, signal, told));
};

/**
 * Trains what the table has no row of, in order, and writes the table after each. A run that breaks leaves its reason in the table; the others go on. What was
 * stopped goes on at its last checkpoint when the sweep is run again; a row that the table has already is kept, wherever its model is.
 *
 * @param table the table's file
 *
 * Kinds: bad-config (a member's field), bad-file (another file in the table's place), locked, cancelled, no-space.
 */
export async function lmSweepInto(table: string, sweep: LmSweep, context: JobContext, measured: Measure = measure): Promise<Record<string, unknown>> {
  const runs = expandLmSweep(sweep);
  let release: (() => void) | undefined;
  try {
    release = takeFolder(sweep.out);
    const before = new Map(readLmTable(table).map((row) => [row.key, row]));
    for (const [at, run] of runs.entries()) {
      if (before.get(run.key)?.error === null) continue;
      context.log(`${run.folder}: ${at + 1} of ${runs.length}`);
      before.set(run.key, await rowOf(run, sweep, { ...context, progress: partOf(context, at, runs.length) }, measured));
      writeLmTable(table, ordered(runs, before));
    }
    const rows = ordered(runs, before);
    writeLmTable(table, rows);
    return { sweep: sweep.out, table, runs: rows.length, failed: rows.filter(({ error }) => error !== null).length, members: summarise(rows), rows };
  } catch (error) {
    throw placeError(error, sweep.out);
  } finally {
    release?.();
  }
}

/** Rows of this sweep in its order; those of runs that it has no longer are left out. */
function ordered(runs: readonly SweepRun[], rows: ReadonlyMap<string, LmSweepRow>): LmSweepRow[] {
  return runs.flatMap(({ key }) => rows.get(key) ?? []);
}

/** A run's progress as part of the sweep's: its own steps, and which of how many it is. */
function partOf({ progress }: JobContext, at: number, count: number): JobContext['progress'] {
  return (own) => progress({ ...own, message: `run ${at + 1} of ${count}` });
}

async function rowOf(run: SweepRun, sweep: LmSweep, context: JobContext, measured: Measure): Promise<LmSweepRow> {
  const about = { name: run.name, seed: run.seed, key: run.key, arch: run.config.arch };
  try {
    const trained = await trainRun(run, sweep, context);
    return { ...about, ...trained.row, figures: { ...trained.figures, ...(await measured(trained.model, sweep, context)) }, error: null };
  } catch (error) {
    if (!(error instanceof LoupeError) || error.kind === 'cancelled' || error.kind === 'defect' || error.kind === 'no-space') throw error;
    context.log(`${run.folder}: ${error.message}`);
    return { ...about, parameters: 0, activeParameters: 0, steps: 0, tokens: 0, seconds: 0, figures: {}, error: error.message };
  }
}

interface Trained {
  readonly model: string;
  readonly row: Pick<LmSweepRow, 'parameters' | 'activeParameters' | 'steps' | 'tokens' | 'seconds'>;
  readonly figures: Readonly<Record<string, number>>;
}

async function trainRun({ config, first, folder, seed }: SweepRun, { out }: LmSweep, context: JobContext): Promise<Trained> {
  const place = (name: string): string => join(out, 'runs', name);
  const train = async (own: LmTrainConfig, to: string, fields: Partial<LmTrainConfig> = {}): Promise<Record<string, number>> => {
    mkdirSync(to, { recursive: true });
    return (await runLmTrain({ ...own, ...fields, out: to }, { ...context, folder: to })) as Record<string, number>;
  };
  const before = first === null ? null : await train(first.config, place(`${folder}-dense`));
  let from: string | null = null;
  if (first !== null) {
    from = place(`${folder}-start`);
    upcycleModel({ model: place(`${folder}-dense`), out: from, arch: config.arch === 'switch' ? 'switch' : 'moe-x', noise: first.noise, shift: first.shift, layer: config.layer, seed, dtype: 'float32' });
  }
  const result = await train(config, place(folder), from === null ? {} : { from, layer: {} });
  const sum = (name: string): number => result[name]! + (before?.[name] ?? 0);
  return {
    model: place(folder),
    row: { parameters: result['parameters']!, activeParameters: result['active_parameters']!, steps: sum('steps'), tokens: sum('tokens'), seconds: sum('seconds') },
    figures: { loss_last: result['loss_last']!, valid_loss: result['valid_loss']!, perplexity: result['perplexity']!, ...(before === null ? {} : { dense_valid_loss: before['valid_loss']! }) },
  };
}

/** The sweep with its table in its own folder. */
export const runLmSweep: JobRunner<LmSweep> = (sweep, context) => lmSweepInto(join(sweep.out, lmTableFile), sweep, context);
