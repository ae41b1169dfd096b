import { lmHistory, lmRuns, lmSamples } from '../models/runs.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlersOf } from './types.ts';

export function lmHandlers({ engine, jobs, workspace }: ServiceContext): HandlersOf<'lm'> {
  return {
    'lm.plan': ({ config }) => engine.request('lmPlan', { config }),
    'lm.runs': async () => ({ runs: await lmRuns(workspace, jobs.list()) }),
    'lm.history': ({ path }) => lmHistory(path),
    'lm.samples': async ({ path, limit }) => ({ samples: await lmSamples(path, limit) }),
  };
}
