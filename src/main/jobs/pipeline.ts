/** The main job as one: harvest -> train -> statistics and catalog, with one progress from start to end. */
import { join } from 'node:path';
import type { JobContext } from '../../engine/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Progress } from '../../shared/schema/job.ts';

type Config = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/** The configs of the three stages, complete. */
export interface DemoPipelineConfig {
  readonly harvest: Config;
  readonly train: Config;
  readonly catalog: Config;
}

/** Who runs the stages: the engine process for the studio, this very process for the command line. */
export interface PipelineServices {
  readonly harvest: (config: Config, context: JobContext) => Promise<Result>;
  readonly train: (config: Config, context: JobContext) => Promise<Result>;
  readonly buildCatalog: (config: Config, context: JobContext) => Promise<Result>;
}

export interface PipelineContext {
  readonly signal: AbortSignal;
  /** Each stage keeps its files in a folder of its own below this. */
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly metrics?: JobContext['metrics'];
}

interface Stage {
  readonly name: 'harvest' | 'train' | 'catalog';
  readonly words: string;
  /** Its part of the whole time, as measured on the sample model with two cores. */
  readonly share: number;
  /** Where the stage's own phases begin and end within it; a stage of one phase needs none. */
  readonly phases?: Readonly<Record<string, readonly [number, number]>>;
}

const stages: readonly Stage[] = [
  { name: 'harvest', words: 'Harvesting activations', share: 0.4 },
  { name: 'train', words: 'Training the dictionary', share: 0.42 },
  { name: 'catalog', words: 'Building the catalog', share: 0.18, phases: { encode: [0, 0.36], statistics: [0.36, 0.76], catalog: [0.76, 0.88], label: [0.88, 1] } },
];

/** Steps of the whole. A stage may have any number of its own. */
const total = 1000;

/** The progress of the whole out of that of a stage. `before` is the share of the stages that are done. */
export function overall(stage: Stage, before: number, startedAt: number, progress: Progress, now: number): Progress {
  const [from, to] = stage.phases?.[progress.phase] ?? [0, 1];
  const part = progress.total === 0 ? 0 : Math.min(1, progress.step / progress.total);
  const done = before + stage.share * (from + (to - from) * part);
  const elapsed = (now - startedAt) / 1000;
  return {
    ...progress,
    phase: stage.words,
    step: Math.round(total * done),
    total,
    etaSeconds: done > 0.02 ? (elapsed * (1 - done)) / done : null,
    message: progress.message ?? `${progress.phase}: ${progress.step.toLocaleString('en-US')} of ${progress.total.toLocaleString('en-US')}`,
  };
}

/**
 * Runs the three stages. Run again in the same folder, each stage resumes where it was; a finished one finds its result.
 * Gives the results by stage. Rejects with kind cancelled when the signal is aborted.
 */
export async function runDemoPipeline(
  config: DemoPipelineConfig, services: PipelineServices, context: PipelineContext, onProgress: (progress: Progress) => void,
): Promise<Record<Stage['name'], Result>> {
  const runners = { harvest: services.harvest, train: services.train, catalog: services.buildCatalog };
  const results: Partial<Record<Stage['name'], Result>> = {};
  const startedAt = performance.now();
  let furthest = 0;
  // A stage may have phases that nobody counted (an evaluation at its end): the whole never goes back.
  const report = (progress: Progress): void => {
    furthest = Math.max(furthest, progress.step);
    onProgress({ ...progress, step: furthest });
  };
  let before = 0;
  for (const stage of stages) {
    if (context.signal.aborted) throw new LoupeError('cancelled', `stopped before: ${stage.words.toLowerCase()}`);
    context.log(stage.words);
    const done = before;
    results[stage.name] = await runners[stage.name](config[stage.name], {
      signal: context.signal,
      folder: join(context.folder, stage.name),
      progress: (progress) => report(overall(stage, done, startedAt, progress, performance.now())),
      metrics: stage.name === 'train' && context.metrics !== undefined ? context.metrics : () => {},
      log: context.log,
    });
    before += stage.share;
  }
  return results as Record<Stage['name'], Result>;
}
