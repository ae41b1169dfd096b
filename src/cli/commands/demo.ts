/** `loupe demo`: the main job on the sample model, from nothing to a catalog with its studio. */
import { parseConfig } from '../../engine/config-issues.ts';
import type { JobContext } from '../../engine/job.ts';
import { loadJob } from '../../engine/jobs.ts';
import { findModels } from '../../engine/lm/find.ts';
import type { EngineJobKind } from '../../engine/protocol.ts';
import { buildConfigSchema } from '../../main/catalog/build-config.ts';
import { buildCatalog } from '../../main/catalog/build.ts';
import { openCatalog, stopThreads } from '../../main/catalog/client.ts';
import { chooseSample, sampleConfig } from '../../main/jobs/demo.ts';
import type { SampleModel } from '../../main/jobs/demo.ts';
import { runDemoPipeline } from '../../main/jobs/pipeline.ts';
import type { PipelineServices } from '../../main/jobs/pipeline.ts';
import { createWorkspace, runsFolder } from '../../main/workspace/layout.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { exampleFeatures, featureLines } from '../demo/report.ts';
import type { ShownFeature } from '../demo/report.ts';
import { recorded } from '../demo/record.ts';
import { serveStudio } from './serve.ts';

type Config = Readonly<Record<string, unknown>>;
type Result = Record<string, unknown>;

/** A job of the engine, run in this very process. */
async function inProcess(kind: EngineJobKind, config: Config, context: JobContext): Promise<Result> {
  const { schema, run } = await loadJob(kind);
  return run(parseConfig(schema, config), context);
}

const services: PipelineServices = {
  harvest: (config, context) => inProcess('harvest', config, context),
  train: (config, context) => inProcess('train', config, context),
  buildCatalog: (config, context) =>
    buildCatalog(parseConfig(buildConfigSchema, config), context, (statistics, inner) => inProcess('statistics', statistics, inner)),
};

const showCount = 10;

interface Demo {
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly catalog: string;
}

function text(sample: SampleModel, facts: Config, features: readonly ShownFeature[]): string {
  const percent = (value: unknown): string => `${(Number(value) * 100).toFixed(2)} %`;
  return [
    ...(sample.insteadOf === null ? [] : [sample.insteadOf]),
    `Held-out FVU ${Number(facts['fvu']).toFixed(4)} (position 0 and special tokens left out), L0 ${Number(facts['l0']).toFixed(1)}, dead ${percent(facts['dead'])}, ` +
      `trained at ${Math.round(Number(facts['tokensPerSecond'])).toLocaleString('en-US')} tokens/s, ${Math.round(Number(facts['seconds']))} s in all.`,
    `${features.length} features drawn at random (number, density, the tokens at their peaks, their strongest example):`,
    featureLines(features),
    `Catalog: ${String(facts['catalog'])}`,
  ].join('\n');
}

async function runDemo(context: CliContext): Promise<Demo> {
  createWorkspace(context.workspace);
  const sample = chooseSample(await findModels());
  if (sample.insteadOf !== null) context.log(sample.insteadOf);
  const started = performance.now();
  const { signal, progress } = context;
  const config = sampleConfig(context.workspace, sample, context.seed);
  const recording = { id: `demo-${sample.name}-${context.seed}`, title: `Sample run: ${sample.name}`, log: context.log };
  const results = await recorded(runsFolder(context.workspace), recording, (folder, log) => runDemoPipeline(config, services, { signal, folder, log }, progress));
  const seconds = (performance.now() - started) / 1000;
  const { fvu, l0, dead, tokensPerSecond } = results.train;
  const catalog = String(results.catalog['catalog']);
  const client = await openCatalog(catalog);
  const features = await exampleFeatures(client, Number(results.catalog['source']), showCount, context.seed).finally(() => client.close());
  const json = {
    model: sample.path, hookPoint: sample.hook, backend: results.harvest['backend'] ?? null, fvu, l0, dead, tokensPerSecond, seconds,
    tokens: results.harvest['tokens'], dSae: sample.dSae, dictionary: results.train['out'] ?? results.train['dictionary'], catalog, features,
    fallback: sample.insteadOf, peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  return { json, text: text(sample, json, features), catalog };
}

async function run(_args: readonly string[], options: Config, context: CliContext): Promise<CliResult> {
  const { json, text: report, catalog } = await runDemo(context);
  if (options['headless'] === true || context.json) {
    await stopThreads();
    return { json, text: report };
  }
  await context.print(report);
  return serveStudio({ port: 0, open: options['open'] !== false, file: catalog }, context);
}

export const command: CliCommand = {
  name: 'demo',
  summary: 'The main job on the sample model: harvest, train, build a catalog, open the studio on it',
  configure: (c) => void c.option('--headless', 'end after the report, without the studio').option('--no-open', 'do not open a browser'),
  run,
};
