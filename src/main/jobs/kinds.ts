/** What each kind of job is called, how its config is checked, and who runs it. */
import { basename } from 'node:path';
import type { JobContext } from '../../engine/job.ts';
import { parseConfig } from '../../engine/config-issues.ts';
import { jsonSchema } from '../../engine/json-schema.ts';
import { compareConfigSchema } from '../../shared/schema/compare.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Job, JobForm, JobKind } from '../../shared/schema/job.ts';
import type { EngineSupervisor, JobSink } from '../engine/supervisor.ts';
import type { EngineJobKind } from '../../engine/protocol.ts';
import { buildCatalog } from '../catalog/build.ts';
import { buildConfigSchema, buildForms } from '../catalog/build-config.ts';
import { runLabelling } from '../catalog/first-guesses.ts';
import { labelConfigSchema } from '../catalog/label-config.ts';
import { withUnitsFolder } from '../catalog/units-folder.ts';
import { checkedExport } from './export.ts';
import type { CatalogShelf } from '../catalogs.ts';
import { inTime } from '../in-time.ts';
import { askPlan } from '../models/plans.ts';
import type { EventHub } from '../events.ts';
import { embedConfigSchema, mapJobConfigSchema } from '../explore/config.ts';
import { importConfigSchema } from '../../shared/schema/import.ts';
import { exportCatalog, importCatalog } from '../share/run.ts';
import { runCompare } from '../compare/run.ts';
import { checkedDemo, demoPipelineConfig } from './demo.ts';
import { embedJob, mapJob } from './explore.ts';
import { checkedLabelling } from './labelling.ts';
import { withOptionalOutput, withOutput } from './outputs.ts';
import { runDemoPipeline } from './pipeline.ts';
import type { PipelineServices } from './pipeline.ts';

type Config = Readonly<Record<string, unknown>>;

/** The config of a new job, complete: defaults filled in, output named. Kind bad-config names each field that is wrong. */
export async function checkJob(engine: EngineSupervisor, workspace: string, kind: JobKind, given: Config, taken?: ReadonlySet<string>): Promise<Record<string, unknown>> {
  // Before the output is named: a catalog of units is called after them.
  const config = withOutput(workspace, kind, kind === 'catalog-build' ? withUnitsFolder(workspace, given) : given, taken);
  if (kind === 'catalog-build') return parseConfig(buildConfigSchema, config);
  if (kind === 'embed') return parseConfig(embedConfigSchema, config);
  if (kind === 'map') return parseConfig(mapJobConfigSchema, config);
  if (kind === 'compare') return parseConfig(compareConfigSchema, config);
  if (kind === 'demo') return checkedDemo(config);
  if (kind === 'label') return checkedLabelling(workspace, config);
  if (kind === 'export') return checkedExport(workspace, config);
  if (kind === 'import') return parseConfig(importConfigSchema, config);
  // An engine that is too busy to check it now checks it when the job runs.
  const checked = await inTime(engine.request('checkConfig', { kind, config }), { config });
  return checked.config;
}

/** Refuses a training of a language model that does not fit this machine or has no data. Kinds: bad-config, out-of-memory, not-found, and those of lmPlan. */
export async function refuseLmThatCannotBe(engine: EngineSupervisor, config: Config): Promise<void> {
  const plan = await askPlan(engine, config);
  if (plan?.dataProblem != null) throw new LoupeError('not-found', plan.dataProblem);
  if (plan?.problem != null) throw new LoupeError('out-of-memory', plan.problem);
}

const titles: Readonly<Record<JobKind, string>> = { harvest: 'Harvest', train: 'Train', sweep: 'Sweep', 'lm-train': 'Train model', 'lm-sparsity': 'Sparsity', 'lm-experts': 'Attribute experts', 'lm-purge': 'Purge experts', 'catalog-build': 'Build catalog', embed: 'Embed texts', map: 'Map features', demo: 'Sample run', label: 'Label', export: 'Export', import: 'Import', compare: 'Compare' };

/** "Train topk: smollm2_blocks.9": what is done and what comes out of it. */
export function jobTitle(kind: JobKind, config: Config): string {
  const named = kind === 'train' ? config['variant'] : kind === 'lm-train' ? config['arch'] : undefined;
  const variant = typeof named === 'string' ? ` ${named}` : '';
  const of = config['out'] ?? config['catalog'] ?? (kind === 'lm-sparsity' || kind === 'lm-experts' || kind === 'lm-purge' ? config['model'] : undefined);
  const out = typeof of === 'string' ? `: ${basename(of)}` : '';
  return `${titles[kind]}${variant}${out}`.slice(0, 200);
}

const buildTitles = { dictionary: 'A dictionary', units: 'Units of the model' } as const;
const buildSummaries = {
  dictionary: 'Describes each feature of a dictionary over a store of activations, in one file that can be browsed and shared.',
  units: "Describes each unit of a model's own layer (neurons, experts, atoms) over a store of activations at its mlp.hook_post, in one file that can be browsed and shared. Nothing has to be trained.",
} as const;

/** The forms of every job that can be started from the studio. */
export async function jobForms(engine: EngineSupervisor): Promise<JobForm[]> {
  const { forms } = await engine.request('forms', {});
  const catalogs = (['dictionary', 'units'] as const).map((features): JobForm => ({
    kind: 'catalog-build', variant: features, variantField: 'features', title: buildTitles[features], paper: null, summary: buildSummaries[features], schema: jsonSchema(buildForms[features]),
  }));
  const demo: JobForm = {
    kind: 'demo', variant: null, title: 'Sample run', paper: null,
    summary: 'From the sample model to a catalog: harvests, trains and builds with settings that are known to work.', schema: { type: 'object', properties: {} },
  };
  const label: JobForm = {
    kind: 'label', variant: null, title: 'Label features', paper: null,
    summary: 'First guesses for features that no person has labelled, each with a score of how well it tells when the feature fires.', schema: jsonSchema(labelConfigSchema.omit({ filter: true })),
  };
  return [...forms, ...catalogs, demo, label].map((form) => ({ ...form, schema: withOptionalOutput(form.schema) }));
}

export interface JobParts {
  readonly engine: EngineSupervisor;
  readonly workspace: string;
  readonly catalogs: CatalogShelf;
  readonly hub: EventHub;
}

type Stage = (config: Config, context: JobContext) => Promise<Record<string, unknown>>;

/** A job of the engine as a function of its config and context; `id` must differ among those that run at one time. */
function engineStage(engine: EngineSupervisor, id: string, kind: EngineJobKind): Stage {
  return (config, { folder, signal, progress, metrics, log }) => {
    const sink: JobSink = {
      progress, log,
      metrics: (step, row) => metrics(step, Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? Number.NaN]))),
    };
    return engine.runJob(id, kind, { ...config }, folder, sink, signal);
  };
}

/** Statistics run in the engine, the catalog's worker takes their result in. */
function catalogStage(engine: EngineSupervisor, id: string): Stage {
  return async (config, context) => buildCatalog(parseConfig(buildConfigSchema, config), context, engineStage(engine, id, 'statistics'));
}

/** The stages of the sample run, computed by the engine process. */
export function pipelineServices(engine: EngineSupervisor, id: string): PipelineServices {
  const stage = (kind: EngineJobKind): Stage => engineStage(engine, `${id}-${kind}`, kind);
  return { harvest: stage('harvest'), train: stage('train'), buildCatalog: catalogStage(engine, `${id}-statistics`) };
}

/** Runs one job of the queue to its end. */
export async function runJob(parts: JobParts, job: Job, folder: string, sink: JobSink, signal: AbortSignal): Promise<Record<string, unknown>> {
  const { engine, workspace } = parts;
  const context: JobContext = { signal, folder, progress: sink.progress, metrics: sink.metrics, log: sink.log };
  switch (job.kind) {
    case 'harvest':
    case 'train':
    case 'sweep':
    case 'lm-sparsity':
    case 'lm-experts':
    case 'lm-purge':
      return engineStage(engine, job.id, job.kind)(job.config, context);
    case 'lm-train':
      // A model's folder is its run's: history, samples and checkpoints lie beside it, and the command line goes on with them.
      return engineStage(engine, job.id, job.kind)(job.config, { ...context, folder: String(job.config['out']) });
    case 'catalog-build':
      return catalogStage(engine, job.id)(job.config, context);
    case 'compare':
      return runCompare(parts, compareConfigSchema.parse(job.config), context, engineStage(engine, job.id, 'match'));
    case 'export':
      return exportCatalog(job.config, context);
    case 'import':
      return importCatalog(job.config, context);
    case 'embed':
      return embedJob(parts, job.config, context);
    case 'map':
      return mapJob(parts, job.config, context, engineStage(engine, job.id, 'map'));
    case 'label': {
      const result = await runLabelling(labelConfigSchema.parse(job.config), context);
      parts.hub.emit('catalog.changed', { catalog: String(result['catalog']), source: Number(result['source']), index: null });
      return result;
    }
    case 'demo':
      return runDemoPipeline(await demoPipelineConfig(engine, workspace, job.config), pipelineServices(engine, job.id), context, sink.progress);
  }
}
