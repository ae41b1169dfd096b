/** Every long piece of work that the engine can run: its config schema and its runner, loaded when first needed. */
import { z } from 'zod';
import { LoupeError, nearestName } from '../shared/errors.ts';
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
  statistics: async () => {
    const { statisticsConfigSchema, runStatistics } = await import('./interp/job.ts');
    return job(statisticsConfigSchema, runStatistics);
  },
};

export function loadJob(kind: EngineJobKind): Promise<EngineJob> {
  return table[kind]();
}

/** What zod found wrong, in one line: "k: expected a number >= 1; dsae: unknown key, did you mean dSae?". */
export function describeIssues(error: z.ZodError, known: readonly string[] = []): string {
  return error.issues.map((issue) => {
    const place = issue.path.join('.') || 'config';
    if (issue.code !== 'unrecognized_keys') return `${place}: ${issue.message}`;
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      return `${key}: unknown field${near === undefined ? '' : `, did you mean ${near}?`}`;
    }).join('; ');
  }).join('; ');
}

/** `config` with the defaults of `schema`. Kind bad-config names each field that is wrong. */
export function parseConfig(schema: EngineJob['schema'], config: unknown): Record<string, unknown> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  throw new LoupeError('bad-config', describeIssues(parsed.error, known), JSON.stringify(parsed.error.issues));
}
