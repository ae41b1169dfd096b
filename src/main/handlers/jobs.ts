import type { ServiceContext } from '../context.ts';
import { checkJob, jobForms, jobTitle, refuseLmThatCannotBe } from '../jobs/kinds.ts';
import type { HandlersOf } from './types.ts';

export function jobsHandlers({ workspace, engine, jobs }: ServiceContext): HandlersOf<'jobs'> {
  return {
    'jobs.forms': async () => ({ forms: await jobForms(engine) }),
    'jobs.start': async ({ kind, config }) => {
      const under = jobs.list().filter(({ state }) => state === 'queued' || state === 'running' || state === 'pausing');
      const checked = await checkJob(engine, workspace, kind, config, new Set(under.map((job) => String(job.config['out']))));
      // While another run holds memory, what is free says nothing about the time when this one begins: it is asked again then.
      if (kind === 'lm-train' && under.length === 0) await refuseLmThatCannotBe(engine, checked);
      return { id: jobs.start(kind, jobTitle(kind, checked), checked) };
    },
    'jobs.list': async () => ({ jobs: jobs.list() }),
    'jobs.get': async ({ id }) => jobs.get(id),
    'jobs.metrics': async ({ id }) => jobs.metrics(id),
    'jobs.log': async ({ id, tail }) => ({ lines: jobs.log(id, tail) }),
    'jobs.pause': async ({ id }) => {
      jobs.pause(id);
      return {};
    },
    'jobs.resume': async ({ id }) => {
      jobs.resume(id);
      return {};
    },
    'jobs.cancel': async ({ id }) => {
      jobs.cancel(id);
      return {};
    },
  };
}
