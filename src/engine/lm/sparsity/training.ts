/** How a model came to be, as far as its folder says: sparsity depends on optimiser and start (Li et al. 2022, arXiv 2210.06313), and the untrained model is what to compare with. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { readJsonFile } from '../../tokenizers/load.ts';
import type { LanguageModel } from '../definition.ts';
import { DecoderModel } from '../model.ts';
import { openModel } from '../open.ts';
import { shapeOf } from '../own/config.ts';
import { assemble, startValues } from '../own/parameters.ts';
import { lmTrainConfigSchema, type LmTrainConfig } from '../training/config.ts';

/** As the training job names it (training/job.ts). */
const runFile = 'lm-train.json';

/** The config of the run that made a model, or null where its folder keeps none that can be read. */
export function runOf(path: string): LmTrainConfig | null {
  const file = join(resolve(path), runFile);
  const parsed = existsSync(file) ? lmTrainConfigSchema.safeParse(readJsonFile(file)) : null;
  return parsed?.success === true ? parsed.data : null;
}

/** The same in a sentence. */
export function trainingNote(path: string, untrained: boolean): string {
  const run = runOf(path);
  if (untrained) return `The model at its start, before any training: normal weights of seed ${run?.seed ?? 0}.`;
  if (run === null) return 'How this model was trained is not known here. Sparsity depends on optimiser, start and length of training.';
  const { lr, weightDecay, steps, batch, accumulate, seed, from } = run;
  const start = from === null ? `from normal weights of seed ${seed}` : `from the weights of ${from}, seed ${seed}`;
  return `Trained by Loupe with AdamW, highest rate ${lr}, decay ${weightDecay}, ${steps} steps of ${batch * accumulate} contexts, ${start}. Sparsity depends on all of these.`;
}

/** A model of Loupe's own with the weights that its run began with; one that began with another's weights, or whose run is not known, with those of its seed (0). Kinds: unsupported for other families, and those of opening a model. */
export async function openUntrained(path: string): Promise<LanguageModel> {
  await tf.ready();
  const { config, family, tokenizer } = openModel(path);
  if (config.own === undefined) throw new LoupeError('unsupported', `untrained: ${path} is a ${family.title} model: only models that Loupe trained can be made again at their start.`);
  const seed = runOf(path)?.seed ?? 0;
  const words = tokenizer();
  const weights = assemble(shapeOf(config.own.config), config.layers, (spec) => tf.tensor(startValues(spec, seed), [...spec.shape]));
  const identity = { name: config.name, family: config.family, dModel: config.dModel, layers: config.layers, hash: `start of seed ${seed}`, tokenizerHash: words.hash };
  return new DecoderModel({ config, architecture: family.architecture, weights }, identity, words);
}
