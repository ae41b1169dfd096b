/** Models that Loupe trains, as their folders tell it: config, result, history and samples. Files may be broken or cut off: what cannot be read is left out. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { Job, MetricHistory } from '../../shared/schema/job.ts';
import { lmSweepTableSchema } from '../../shared/schema/lm-sweep.ts';
import { lmSampleSchema, type LmPlan, type LmRun, type LmSample } from '../../shared/schema/lm.ts';
import { readMetrics } from '../jobs/folder.ts';
import { exists } from '../workspace/detect.ts';
import { kindFolder } from '../workspace/layout.ts';
import { readLinks } from '../workspace/links.ts';

const runFile = 'lm-train.json';
/** What `loupe lm eval --save` leaves: its numbers are taken, also one level down. */
const evaluationFile = 'evaluation.json';
const maxJsonBytes = 2 ** 20;
const maxModels = 2000;
/** What is read of the end of a history and of the samples, bytes. */
const tailBytes = 128 * 1024;

type Json = Readonly<Record<string, unknown>>;

async function readJson(path: string): Promise<Json | null> {
  try {
    if ((await stat(path)).size > maxJsonBytes) return null;
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** The last lines of a file of JSON lines that can be parsed, in their order. */
async function tailLines(path: string): Promise<Json[]> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8').split('\n');
    return (bytes.length < size ? lines.slice(1) : lines).flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return typeof value === 'object' && value !== null ? [value as Json] : [];
      } catch {
        return []; // the half line that a crash left
      }
    });
  } finally {
    await file.close();
  }
}

const figure = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** The numbers of an object and of the objects in it, by their own names. */
function numbersOf(json: Json | null): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(json ?? {})) {
    if (figure(value) !== null) found[name] = value as number;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) for (const [inner, number] of Object.entries(value)) if (figure(number) !== null) found[inner] = number as number;
  }
  return found;
}

/** Figures of a run that has not ended, by the names of result.json. */
async function figuresSoFar(path: string): Promise<Record<string, number | null>> {
  const rows = await tailLines(join(path, 'metrics.jsonl'));
  const last = (name: string): number | null => figure(rows.findLast((row) => figure(row[name]) !== null)?.[name]);
  return { steps: last('step'), loss_last: last('loss'), valid_loss: last('validLoss'), perplexity: last('perplexity'), tokens_per_s: last('tokensPerSecond'), mfu: last('mfu') };
}

function stateOf(job: Job | undefined, done: boolean): LmRun['state'] {
  if (job?.state === 'running' || job?.state === 'pausing') return 'running';
  if (job?.state === 'queued') return 'waiting';
  return done ? 'done' : 'stopped';
}

async function describe(path: string, job: Job | undefined): Promise<LmRun> {
  const [config, result] = [await readJson(join(path, runFile)), await readJson(join(path, 'result.json'))];
  const evaluated = numbersOf(await readJson(join(path, evaluationFile)));
  const done = result !== null && (await exists(join(path, 'model.safetensors')));
  const figures = done ? numbersOf(result) : await figuresSoFar(path);
  return {
    path, name: basename(path), job: job?.id ?? null, state: stateOf(job, done), modifiedAt: (await stat(join(path, runFile))).mtime.toISOString(),
    config: { ...(config ?? job?.config) }, figures: { ...evaluated, ...figures }, problem: config === null ? `${runFile} cannot be read` : null,
  };
}

/** Runs of a sweep by their folders (`runs/<member>-s<seed>` beside its table), with the figures that its table has of them. */
async function sweepRuns(folder: string): Promise<{ readonly path: string; readonly figures: Readonly<Record<string, number>> }[]> {
  const table = lmSweepTableSchema.safeParse(await readJson(join(folder, 'table.json')));
  const rows = new Map((table.success ? table.data.rows : []).map((row) => [`${row.name}-s${row.seed}`, row.figures]));
  const names = (await readdir(join(folder, 'runs')).catch(() => [])).filter((name) => !name.startsWith('.')).sort().slice(0, maxModels);
  return names.map((name) => ({ path: join(folder, 'runs', name), figures: rows.get(name) ?? {} }));
}

/** Every folder of a model in the workspace, or linked to it, that holds a training run, and the runs of sweeps among them. The newest first. `jobs`: the newest first, as the queue lists them. */
export async function lmRuns(workspace: string, jobs: readonly Job[]): Promise<LmRun[]> {
  const own = kindFolder(workspace, 'model');
  const names = (await readdir(own).catch(() => [])).filter((name) => !name.startsWith('.')).sort().slice(0, maxModels);
  const folders = [...names.map((name) => join(own, name)), ...readLinks(workspace).filter(({ kind }) => kind === 'model').map(({ path }) => path)];
  const found = await Promise.all(folders.map(async (path): Promise<LmRun[]> => {
    const run = await lmRunAt(path, jobs);
    if (run !== null) return [run];
    const swept = await Promise.all((await sweepRuns(path)).map(async (member) => ({ member, run: await lmRunAt(member.path, jobs) })));
    return swept.flatMap(({ member, run: each }) => (each === null ? [] : [{ ...each, name: `${basename(path)}/${each.name}`, figures: { ...member.figures, ...each.figures } }]));
  }));
  return found.flat().toSorted((a, b) => b.modifiedAt.localeCompare(a.modifiedAt));
}

async function refuseOthers(path: string): Promise<void> {
  if (await exists(join(path, runFile))) return;
  throw new LoupeError('not-found', `path: ${path} has no ${runFile}: no training of Loupe's left a history there`);
}

/** The training that a model's folder holds; null where it holds none. */
export async function lmRunAt(path: string, jobs: readonly Job[]): Promise<LmRun | null> {
  if (!(await exists(join(path, runFile)))) return null;
  return describe(path, jobs.find(({ kind, config }) => kind === 'lm-train' && config['out'] === path));
}

/** What a plan adds to a run that has not ended: its parameters, and the tokens of the steps so far. */
export function withPlan(run: LmRun, plan: LmPlan | null): LmRun {
  if (plan === null || run.state === 'done') return run;
  const { parameters: { total, active }, tokensPerStep } = plan;
  const steps = run.figures['steps'] ?? null;
  return { ...run, figures: { ...run.figures, parameters: total, active_parameters: active, tokens: steps === null ? null : steps * tokensPerStep } };
}

/** The history of a training, thinned where it is long. Kind not-found. */
export async function lmHistory(path: string): Promise<MetricHistory> {
  await refuseOthers(path);
  return readMetrics(join(path, 'metrics.jsonl'));
}

/** What the model wrote, the latest first. Kind not-found. */
export async function lmSamples(path: string, limit: number): Promise<LmSample[]> {
  await refuseOthers(path);
  const lines = await tailLines(join(path, 'samples.jsonl'));
  return lines.flatMap((line) => {
    const parsed = lmSampleSchema.safeParse(line);
    return parsed.success ? [parsed.data] : [];
  }).reverse().slice(0, limit);
}
