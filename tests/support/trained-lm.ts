/** A small language model trained on a line of text, for tests of what is done with such models. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lmTrainConfigSchema, runLmTrain, type LmTrainConfig } from '../../src/engine/lm/training/job.ts';
import { temporaryFolder, type Ending } from './temporary.ts';

/** A text file of repeated sentences. */
export function repeatedText(t: Ending): string {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, 'the cat sat on the mat and looked at the dog. '.repeat(60));
  return path;
}

export function tinyLmConfig(data: string, out: string, fields: Record<string, unknown> = {}): LmTrainConfig {
  return lmTrainConfigSchema.parse({ data, out, layers: 1, dModel: 16, heads: 2, context: 16, batch: 4, steps: 12, lr: 1e-2, seed: 3, validTokens: 64, logEvery: 4, validEvery: 12, checkpointEvery: 10, ...fields });
}

export function trainTiny(config: LmTrainConfig): Promise<Record<string, unknown>> {
  return runLmTrain(config, { signal: new AbortController().signal, folder: config.out, progress: () => undefined, metrics: () => undefined, log: () => undefined });
}
