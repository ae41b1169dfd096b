/** Members that train on the same batches, side by side: a batch is made once and every member takes its step on it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { readJson } from '../formats/sae-lens.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import type { Batch } from '../sae/definition.ts';
import { variantById } from '../sae/registry.ts';
import { batchTensors, disposeBatch } from '../train/batch.ts';
import { finishRun, resultPath } from '../train/finish.ts';
import { refuseOther } from '../train/folder.ts';
import { takeStep } from '../train/loop.ts';
import { resumeRun, saveCheckpoint, startRun } from '../train/run.ts';
import type { Run } from '../train/run.ts';
import type { ActivationBatch, ActivationSource, SourcePosition } from '../train/source.ts';
import { Speedometer } from '../train/speedometer.ts';
import type { Member } from './config.ts';

/** How a member ended. */
export interface Outcome {
  readonly member: Member;
  /** Of its result.json, or null. */
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why there is none. */
  readonly error: string | null;
}

/** What a member reads: all of the source, or one of the hooks that stand side by side in it. */
export interface View {
  readonly source: ActivationSource;
  readonly cut: (batch: ActivationBatch) => ActivationBatch;
}

interface Runner {
  readonly member: Member;
  readonly cut: View['cut'];
  readonly run: Run;
  readonly speed: Speedometer;
}

export interface GroupWatch {
  /** Steps done of one member, after each. */
  readonly stepped: (member: Member) => void;
  readonly ended: (outcome: Outcome) => void;
}

/**
 * Trains all members of a data key from `source`. One that breaks (bad data for it, divergence, no memory) ends alone; the others go on. Run again
 * after an abort, each goes on from its checkpoint on the batches that it would have seen. Kind cancelled on an abort.
 */
export async function trainGroup(
  members: readonly Member[], source: ActivationSource, viewOf: (member: Member) => View, context: JobContext, watch: GroupWatch,
): Promise<void> {
  const { backend } = await loadBackend();
  const start = source.position;
  for (let waiting = members; waiting.length > 0; ) {
    const { runners, later } = await startAll(waiting, viewOf, backend, context, watch);
    try {
      await source.seek(start);
      await trainAll(runners, source, context, watch);
    } finally {
      for (const { run } of runners) run.trainer.dispose();
    }
    waiting = later;
  }
}

/** Starts as many as fit in memory; those that do not fit beside the others come later, in a pass of their own. */
async function startAll(
  members: readonly Member[], viewOf: (member: Member) => View, backend: string, context: JobContext, watch: GroupWatch,
): Promise<{ readonly runners: Runner[]; readonly later: readonly Member[] }> {
  const runners: Runner[] = [];
  for (const [i, member] of members.entries()) {
    const done = resultPath(member.folder);
    if (existsSync(done) && existsSync(join(member.folder, 'loupe.json'))) {
      watch.ended({ member, result: readJson(done), error: null });
      continue;
    }
    try {
      const { source, cut } = viewOf(member);
      runners.push({ member, cut, run: await startMember(member, source, backend, context), speed: new Speedometer() });
    } catch (error) {
      if (isMemory(error) && runners.length > 0) return { runners, later: members.slice(i) };
      watch.ended({ member, result: null, error: (error as Error).message });
    }
  }
  return { runners, later: [] };
}

function isMemory(error: unknown): boolean {
  return error instanceof LoupeError && error.kind === 'out-of-memory';
}

async function startMember(member: Member, source: ActivationSource, backend: string, context: JobContext): Promise<Run> {
  const config = member.config!;
  mkdirSync(member.folder, { recursive: true });
  const path = join(member.folder, 'train.json');
  refuseOther(config, path, ['logEvery', 'checkpointEvery']);
  const quiet = { ...context, folder: member.folder, progress: () => {}, metrics: () => {}, log: (line: string) => context.log(`${member.name}: ${line}`) };
  const run = await startRun(config, source, backend, quiet);
  writeJsonAtomic(path, config);
  return run;
}

async function trainAll(runners: readonly Runner[], source: ActivationSource, context: JobContext, watch: GroupWatch): Promise<void> {
  let active = [...runners];
  const untrained = active.filter(({ member }) => member.role !== 'trained');
  await settleThresholds(untrained, source);
  for (const runner of untrained) active = await finish(active, runner, watch);
  let step = await goOn(active, source);
  while (active.length > 0) {
    await breathe();
    if (context.signal.aborted) {
      for (const { run } of active) if (run.step === step) saveCheckpoint(run);
      throw new LoupeError('cancelled', `the sweep stopped at step ${step}; run it again to go on`);
    }
    const batch = await source.next(active[0]!.run.config.batch);
    active = stepAll(active, batch, step++, watch);
    for (const runner of active.filter(({ run }) => run.step >= run.config.steps)) active = await finish(active, runner, watch);
  }
}

/** One step at learning rate 0 of those that are not trained: running thresholds take the value that their weights give. The source does not move. */
async function settleThresholds(runners: readonly Runner[], source: ActivationSource): Promise<void> {
  if (runners.length === 0) return;
  const start = source.position;
  const batch = await source.next(runners[0]!.run.config.batch);
  for (const { run, cut } of runners) {
    const tensors = batchTensors(cut(batch), run.sizes, run.figures);
    run.trainer.step(tensors, 0, 0);
    disposeBatch(tensors);
  }
  await source.seek(start);
}

/** Puts the source where the member that is furthest behind left off; those ahead wait for it. Gives that member's step. */
async function goOn(active: readonly Runner[], source: ActivationSource): Promise<number> {
  let least: { readonly step: number; readonly position: SourcePosition | null } | null = null;
  const start = source.position;
  for (const { run } of active) {
    const position = resumeRun(run);
    if (least === null || run.step < least.step) least = { step: run.step, position };
  }
  await source.seek(least?.position ?? start);
  return least?.step ?? 0;
}

/** One step of every member that has not taken it yet; gives those that did not break. Members of one hook that are scaled alike share the tensors. */
function stepAll(active: readonly Runner[], batch: ActivationBatch, step: number, watch: GroupWatch): Runner[] {
  const scaled = new Map<string, Batch>();
  const tensorsFor = ({ run, cut }: Runner): Batch => {
    const key = `${variantById(run.config.variant).scaling} ${run.config.hookPoint}`;
    const tensors = scaled.get(key) ?? batchTensors(cut(batch), run.sizes, run.figures);
    scaled.set(key, tensors);
    return tensors;
  };
  const whole: Runner[] = [];
  try {
    for (const runner of active) {
      if (runner.run.step > step || stepped(runner, tensorsFor(runner), batch, watch)) whole.push(runner);
    }
    return whole;
  } finally {
    for (const tensors of scaled.values()) disposeBatch(tensors);
  }
}

/** False where the member broke. */
function stepped({ member, run, speed }: Runner, tensors: Batch, batch: ActivationBatch, watch: GroupWatch): boolean {
  try {
    takeStep(run, tensors, batch, speed);
    watch.stepped(member);
    return true;
  } catch (error) {
    watch.ended({ member, result: null, error: (error as Error).message });
    return false;
  }
}

/** Ends a member; gives the others. */
async function finish(active: readonly Runner[], runner: Runner, watch: GroupWatch): Promise<Runner[]> {
  const { member, run } = runner;
  try {
    watch.ended({ member, result: await finishRun(run), error: null });
  } catch (error) {
    watch.ended({ member, result: null, error: (error as Error).message });
  }
  return active.filter((other) => other !== runner);
}
