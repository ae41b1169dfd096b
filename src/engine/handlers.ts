/** The engine's answers to short requests. The parts are loaded when first asked for. */
import { jobForms } from './forms.ts';
import { loadJob, parseConfig } from './jobs.ts';
import type { RequestHandlers } from './protocol.ts';

export const handlers: RequestHandlers = {
  backend: async () => {
    const { loadBackend } = await import('./backend/load.ts');
    return backendStatus(await loadBackend());
  },
  forms: async () => ({ forms: await jobForms() }),
  checkConfig: async ({ kind, config }) => {
    const { schema } = await loadJob(kind);
    return { config: parseConfig(schema, config) };
  },
  inspectModel: async ({ path }) => {
    const { inspectModel } = await import('./lm/load.ts');
    return inspectModel(path);
  },
  findModels: async () => {
    const { findModels } = await import('./lm/find.ts');
    return { models: [...(await findModels())] };
  },
};
