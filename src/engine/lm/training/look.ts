/** What is looked at between steps: validation loss, how many units fire, and what the model writes. */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../ops/scope.ts';
import { forward } from '../decoder.ts';
import { generate } from '../generate.ts';
import { HookRun } from '../hook-run.ts';
import type { TextCoder } from './text-source.ts';
import type { TokenContexts, TokenFiles } from './token-files.ts';
import type { LmTrainer } from './trainer.ts';

/** Values of units that are held at once at most: 256 MB in float32. */
const mostUnits = 1 << 26;
/** Figures with more entries than this are logged by their least and largest. */
const mostEntries = 64;

const sample = { prompt: 24, length: 160, temperature: 0.8, topP: 0.95 } as const;

/** Mean -log p(next token) over the validation tokens, nats. */
export function validationLoss(trainer: LmTrainer, files: TokenFiles, batch: number): number {
  let [sum, count] = [0, 0];
  for (const contexts of files.validation(batch, trainer.shape.size.context)) {
    const part = trainer.loss(contexts);
    sum += part.sum;
    count += part.count;
  }
  return sum / count;
}

/** Units that are not 0 a token, a mean over the contexts, block by block: L0. */
export function firingUnits(trainer: LmTrainer, contexts: TokenContexts): number[] {
  const names = Array.from({ length: trainer.config.layers }, (_, layer) => `blocks.${layer}.mlp.hook_post`);
  const length = Math.max(1, Math.min(contexts.length, Math.floor(mostUnits / (trainer.config.dMlp * names.length))));
  const tokens = contexts.tokens.slice(0, length);
  return trainer.use((decoder) => {
    const run = new HookRun(trainer.table, { batch: 1, length }, { names, logits: false });
    forward(decoder, { tokens, batch: 1, length, run, layers: trainer.config.layers, logits: false });
    try {
      return names.map((name) => scoped(() => tf.sum(tf.cast(tf.notEqual(run.cache.get(name)!, 0), 'float32')).dataSync()[0]! / length));
    } finally {
      run.disposeCache();
    }
  });
}

export interface TextSample {
  readonly prompt: string;
  readonly text: string;
}

/** What the model writes behind the first validation tokens; the same for the same weights and seed. */
export function writeSample(trainer: LmTrainer, coder: TextCoder, contexts: TokenContexts, seed: number): TextSample {
  const prompt = contexts.tokens.slice(0, Math.min(sample.prompt, contexts.length - 1));
  const ids = trainer.use((decoder) => generate(decoder, trainer.table, prompt, { maxNewTokens: sample.length, temperature: sample.temperature, topP: sample.topP, seed }));
  return { prompt: coder.decode(prompt), text: coder.decode(ids) };
}

/** Figures of layers as columns of the log: a number as it is, a short vector entry by entry, a long one by its least and largest. */
export function figureColumns(figures: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  const columns: Record<string, number> = {};
  for (const [name, values] of figures) {
    if (values.length === 1) columns[name] = values[0]!;
    else if (values.length <= mostEntries) values.forEach((value, i) => (columns[`${name}.${i}`] = value));
    else Object.assign(columns, { [`${name}.least`]: Math.min(...values), [`${name}.largest`]: Math.max(...values) });
  }
  return columns;
}
