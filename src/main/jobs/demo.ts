/** The sample run: settings that are known to give good features on the sample model in minutes (issue 3 f). */
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { EngineSupervisor } from '../engine/supervisor.ts';
import { kindFolder } from '../workspace/layout.ts';
import type { DemoPipelineConfig } from './pipeline.ts';

type Config = Readonly<Record<string, unknown>>;

/** The sample run takes no settings: what one changes, one trains by a form. */
export function checkedDemo(config: Config): Record<string, unknown> {
  const [extra] = Object.keys(config);
  if (extra !== undefined) throw new LoupeError('bad-config', `${extra}: the sample run takes no settings; harvest and train by their own forms to choose them`);
  return {};
}

/** The configs of the three stages for the model at `model`, writing under `name` into the workspace. Sizes in tokens. */
export function sampleConfig(workspace: string, model: string, name: string, seed: number): DemoPipelineConfig {
  const store = join(kindFolder(workspace, 'store'), name);
  const dictionary = join(kindFolder(workspace, 'dictionary'), name);
  return {
    harvest: { model, hooks: ['blocks.9.hook_resid_post'], corpus: 'wordnet', tokens: 217_600, contextLength: 128, out: store, seed },
    train: { activations: [store], variant: 'topk', dSae: 4608, k: 32, batch: 2048, steps: 600, lr: 8e-4, out: dictionary, seed },
    catalog: { store, dictionary, model, out: join(kindFolder(workspace, 'catalog'), `${name}.loupe`) },
  };
}

/** The sample run of the studio: on the sample model, which must have been set up. */
export async function demoPipelineConfig(engine: EngineSupervisor, workspace: string, _config: Config): Promise<DemoPipelineConfig> {
  const { models } = await engine.request('findModels', {});
  const sample = models.find((model) => model.origin === 'sample' && model.problem === null);
  if (sample === undefined) throw new LoupeError('missing-component', 'the sample model is not installed: run "npm run setup" once, with Python, or choose a model of your own');
  return sampleConfig(workspace, sample.path, 'sample', 0);
}
