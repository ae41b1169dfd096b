/** Many dictionaries at once, as a job: one pass over the data for all members that share it. */
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { SweepRow } from '../../shared/schema/sweep.ts';
import { writeFileAtomic, writeJsonAtomic } from '../files/atomic.ts';
import { placeError } from '../files/place-errors.ts';
import type { JobContext, JobRunner } from '../job.ts';
import { takeFolder, refuseOther } from '../train/folder.ts';
import { openSource } from '../train/open-source.ts';
import type { TrainConfig } from '../train/config.ts';
import type { ActivationSource } from '../train/source.ts';
import { Speedometer } from '../train/speedometer.ts';
import { dataKey, expandSweep } from './config.ts';
import type { Member, SweepConfig } from './config.ts';
import { downstreamOf } from './downstream.ts';
import { trainGroup } from './group.ts';
import type { GroupWatch, Outcome, View } from './group.ts';
import { HookView } from './hook-view.ts';
import { SharedSource } from './shared-source.ts';
import { sweepCsv, sweepTable } from './table.ts';

export { sweepConfigSchema } from './config.ts';
export type { SweepConfig } from './config.ts';

/** How a sweep opens the data of a group. */
export type SourceOpener = (config: TrainConfig, context: JobContext) => Promise<ActivationSource>;

/**
 * Trains every member, evaluates it on held-out data, and writes table.json and table.csv. A member that breaks leaves its reason in the table; the
 * others finish. Run again in the same folder it goes on.
 *
 * Kinds: bad-config (no member at all, or all of them wrong), conflict, locked, cancelled, no-space.
 */
export async function sweepFrom(open: SourceOpener, sweep: SweepConfig, context: JobContext): Promise<Record<string, unknown>> {
  let release: (() => void) | undefined;
  try {
    release = takeFolder(sweep.out);
    const path = join(sweep.out, 'sweep.json');
    refuseOther(sweep, path);
    const members = expandSweep(sweep);
    if (!members.some(({ config, role }) => role === 'trained' && config !== null)) {
      throw new LoupeError('bad-config', members.length === 0 ? 'grid and members are both empty: name at least one dictionary to train' : `no member can be trained: ${members[0]!.problem}`);
    }
    writeJsonAtomic(path, sweep);
    const outcomes = await trainMembers(open, sweep, members, context);
    const rows = sweepTable(outcomes, await downstreamOf(sweep, outcomes, context));
    return writeTable(sweep, rows);
  } catch (error) {
    throw placeError(error, sweep.out);
  } finally {
    release?.();
  }
}

function writeTable(sweep: SweepConfig, rows: readonly SweepRow[]): Record<string, unknown> {
  writeJsonAtomic(join(sweep.out, 'table.json'), { format: 'loupe-sweep', version: 1, rows });
  writeFileAtomic(join(sweep.out, 'table.csv'), sweepCsv(rows));
  const failed = rows.filter(({ error }) => error !== null).length;
  return { sweep: sweep.out, members: rows.length, failed, rows: rows.map((row) => ({ ...row })) };
}

async function trainMembers(open: SourceOpener, sweep: SweepConfig, members: readonly Member[], context: JobContext): Promise<Outcome[]> {
  const outcomes: Outcome[] = members.flatMap((member) => (member.config === null ? [{ member, result: null, error: member.problem }] : []));
  const watch = progressOf(members, outcomes, context);
  const groups = Map.groupBy(members.filter(({ config }) => config !== null), ({ config }) => dataKey(config!, sweep.seed));
  for (const group of groups.values()) await trainOne(open, sweep, group, context, watch);
  return outcomes;
}

/** One group; data that cannot be opened end it, not the sweep. */
async function trainOne(open: SourceOpener, sweep: SweepConfig, group: readonly Member[], context: JobContext, watch: GroupWatch): Promise<void> {
  let source: ActivationSource | null = null;
  try {
    const hooks = [...new Set(group.map(({ config }) => config!.hookPoint!))];
    const config = { ...group[0]!.config!, seed: sweep.seed, ...(hooks.length > 1 ? { hookPoint: null, hookPoints: hooks } : {}) };
    const all = (source = new SharedSource(await open(config, context)));
    await trainGroup(group, all, viewsOf(all, hooks), context, watch);
  } catch (error) {
    if (source !== null || (error instanceof LoupeError && error.kind === 'cancelled')) throw error;
    for (const member of group) watch.ended({ member, result: null, error: (error as Error).message });
  } finally {
    source?.close();
  }
}

/** What each member reads of a source of one hook, or of several side by side. */
function viewsOf(all: ActivationSource, hooks: readonly string[]): (member: Member) => View {
  if (hooks.length === 1) return () => ({ source: all, cut: (batch) => batch });
  const views = hooks.map((_, i) => new HookView(all, hooks, i));
  return ({ config }) => {
    const view = views[hooks.indexOf(config!.hookPoint!)]!;
    return { source: view, cut: (batch) => view.cut(batch) };
  };
}

/** Counts the steps of all members together. */
function progressOf(members: readonly Member[], outcomes: Outcome[], context: JobContext): GroupWatch {
  const total = members.reduce((sum, { config, role }) => sum + (config === null || role !== 'trained' ? 0 : config.steps), 0);
  const speed = new Speedometer();
  let step = 0;
  return {
    stepped: ({ config }) => {
      const perSecond = speed.count(config!.batch);
      const etaSeconds = perSecond > 0 ? ((total - ++step) * config!.batch) / perSecond : null;
      context.progress({ phase: 'sweep', step, total, tokensPerSecond: perSecond, etaSeconds, metrics: {}, message: `${outcomes.length} of ${members.length} members are done` });
    },
    ended: (outcome) => {
      outcomes.push(outcome);
      context.log(outcome.error === null ? `${outcome.member.name}: done` : `${outcome.member.name}: ${outcome.error}`);
    },
  };
}

/** The sweep over stores, or over a model and a corpus. */
export const runSweep: JobRunner<SweepConfig> = (sweep, context) => sweepFrom(openSource, sweep, context);
