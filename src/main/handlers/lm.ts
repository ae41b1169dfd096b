import { knownPlan } from '../models/plans.ts';
import { lmHistory, lmRunAt, lmRuns, lmSamples, withPlan } from '../models/runs.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

export function lmHandlers({ engine, jobs, workspace }: ServiceContext): HandlersOf<'lm'> {
  return {
    'lm.plan': ({ config }) => engine.request('lmPlan', { config }),
    'lm.facts': ({ path }) => engine.request('lmFacts', { path }),
    'lm.run': async ({ path }) => ({ run: await lmRunAt(path, jobs.list()) }),
    'lm.runs': async () => {
      const runs = await lmRuns(workspace, jobs.list());
      // A config that cannot be planned (of another version) has no counts.
      return { runs: await Promise.all(runs.map(async (run) => (run.state === 'done' ? run : withPlan(run, await knownPlan(engine, run.config))))) };
    },
    'lm.history': ({ path }) => lmHistory(path),
    'lm.samples': async ({ path, limit }) => ({ samples: await lmSamples(path, limit) }),
  };
}
