/** The whole main job on a tiny model by the command line: a model, a corpus, a store, a dictionary, a catalog. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inProcess, resultOf } from './command-line.ts';
import { writeTinyGguf } from './tiny-gguf.ts';
import { writeTinyLlama } from './tiny-llama.ts';

export interface MainJob {
  readonly model: string;
  /** Another model of the same sizes. */
  readonly otherModel: string;
  readonly gguf: string;
  readonly corpus: string;
  readonly store: string;
  readonly dictionary: string;
  readonly catalog: string;
}

export const hook = 'blocks.0.hook_resid_post';

export function pathsIn(folder: string): MainJob {
  const at = (name: string): string => join(folder, name);
  return {
    model: at('model'), otherModel: at('other'), gguf: at('tiny.gguf'), corpus: at('corpus.txt'), store: at('store'), dictionary: at('dictionary'), catalog: at('c.loupe'),
  };
}

export function writeCorpus(path: string, documents = 200): void {
  writeFileSync(path, Array.from({ length: documents }, (_, i) => `Line ${i} of a small corpus.\n\n`).join(''));
}

/** Arguments of a harvest of 64 contexts of 32 tokens in float32. */
export function harvestArguments(job: Pick<MainJob, 'model' | 'corpus'>, out: string): string[] {
  return ['harvest', '--model', job.model, '--hook', hook, '--corpus', job.corpus, '--out', out, '--tokens', '2048', '--context-length', '32', '--dtype', 'float32'];
}

export function trainArguments(job: Pick<MainJob, 'store'>, out: string): string[] {
  return ['train', '--activations', job.store, '--d-sae', '32', '--k', '4', '--steps', '20', '--batch', '64', '--out', out];
}

export function buildArguments(job: Pick<MainJob, 'model' | 'store' | 'dictionary'>, out: string): string[] {
  return ['catalog', 'build', '--store', job.store, '--dictionary', job.dictionary, '--model', job.model, '--out', out];
}

/** Makes model, corpus and store in `folder`. LOUPE_BACKEND decides the backend. */
export async function makeStore(folder: string): Promise<MainJob> {
  const job = pathsIn(folder);
  writeTinyLlama(job.model);
  writeCorpus(job.corpus);
  resultOf(await inProcess(harvestArguments(job, job.store)));
  return job;
}

/** Makes everything in `folder`. LOUPE_BACKEND decides the backend. */
export async function makeMainJob(folder: string): Promise<MainJob> {
  const job = await makeStore(folder);
  writeTinyLlama(job.otherModel, 1);
  writeTinyGguf(job.gguf);
  resultOf(await inProcess(trainArguments(job, job.dictionary)));
  resultOf(await inProcess(buildArguments(job, job.catalog)));
  return job;
}
