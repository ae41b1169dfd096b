/** Every long piece of work that the engine can run: its config schema and its runner, loaded when first needed. */
import type { z } from 'zod';
import type { JobRunner } from './job.ts';
import type { EngineJobKind } from './protocol.ts';

export interface EngineJob {
  readonly schema: z.ZodType<Record<string, unknown>>;
  readonly run: JobRunner<Record<string, unknown>>;
}

/** Ties a runner to its schema; what the runner is given has been through the schema. */
function job<Config>(schema: z.ZodType<Config>, run: JobRunner<Config>): EngineJob {
  return { schema: schema as unknown as EngineJob['schema'], run: run as unknown as EngineJob['run'] };
}

const table: Readonly<Record<EngineJobKind, () => Promise<EngineJob>>> = {
  harvest: async () => {
    const { harvestConfigSchema, runHarvest } = await import('./harvest/job.ts');
    return job(harvestConfigSchema, runHarvest);
  },
  train: async () => {
    const { trainConfigSchema, runTrain } = await import('./train/job.ts');
    return job(trainConfigSchema, runTrain);
  },
  'lm-train': async () => {
    const { lmTrainConfigSchema, runLmTrain } = await import('./lm/training/job.ts');
    return job(lmTrainConfigSchema, runLmTrain);
  },
  'lm-sparsity': async () => {
    const { runSparsity, sparsityConfigSchema } = await import('./lm/sparsity/job.ts');
    return job(sparsityConfigSchema, runSparsity);
  },
  'lm-experts': async () => {
    const [{ runExperts }, { expertsConfigSchema }] = await Promise.all([import('./lm/experts/job.ts'), import('../shared/schema/experts.ts')]);
    return job(expertsConfigSchema, runExperts);
  },
  'lm-purge': async () => {
    const [{ runPurge }, { purgeConfigSchema }] = await Promise.all([import('./lm/experts/job.ts'), import('../shared/schema/experts.ts')]);
    return job(purgeConfigSchema, runPurge);
  },
  sweep: async () => {
    const { runSweep, sweepConfigSchema } = await import('./sweep/job.ts');
    return job(sweepConfigSchema, runSweep);
  },
  map: async () => {
    const { mapConfigSchema, runMap } = await import('./interp/map/job.ts');
    return job(mapConfigSchema, runMap);
  },
  match: async () => {
    const { matchConfigSchema, runMatch } = await import('./posthoc/match-job.ts');
    return job(matchConfigSchema, runMatch);
  },
  statistics: async () => {
    const { statisticsConfigSchema, runStatistics } = await import('./interp/job.ts');
    return job(statisticsConfigSchema, runStatistics);
  },
};

export function loadJob(kind: EngineJobKind): Promise<EngineJob> {
  return table[kind]();
}
