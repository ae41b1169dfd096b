/** Studying a model's sparsity as a job: `sparsity.json` and `rates.safetensors` in its folder. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SparsityStudy } from '../../../shared/schema/sparsity.ts';
import { loadBackend } from '../../backend/load.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { writeSafetensors } from '../../formats/safetensors.ts';
import { readJson } from '../../formats/sae-lens.ts';
import type { JobContext, JobRunner } from '../../job.ts';
import { inspectModel, loadModel } from '../load.ts';
import { evaluationTokens } from '../training/evaluate.ts';
import type { SparsityConfig } from './config.ts';
import { studySparsity } from './study.ts';
import { openUntrained, trainingNote } from './training.ts';
import { unitsOf } from './units.ts';

export { sparsityConfigSchema } from './config.ts';
export type { SparsityConfig } from './config.ts';

export const sparsityFile = 'sparsity.json';
export const ratesFile = 'rates.safetensors';

export interface WholeStudy {
  readonly study: SparsityStudy;
  /** [layers] of float64 [units] */
  readonly rates: readonly Float64Array[];
}

/** Loads the model and measures it; writes nothing. Kinds: those of opening a model and a corpus, bad-request, not-finite, cancelled. */
export async function measureSparsity(config: SparsityConfig, context: Pick<JobContext, 'signal' | 'progress'>): Promise<WholeStudy> {
  const { backend } = await loadBackend();
  const model = config.untrained ? await openUntrained(config.model) : await loadModel(config.model);
  try {
    const ids = await evaluationTokens(model, config.model, config.data, config.tokens + 1);
    const { study, rates } = await studySparsity(model, config, ids, context);
    const { name, layers, dModel } = model.config;
    const { family, hash } = model.identity;
    const about = { path: resolve(config.model), name, family, arch: unitsOf(model).arch, unitNames: unitsOf(model).names, hash, layers, dModel, parameters: inspectModel(config.model).parameters };
    return { study: { ...study, model: about, data: config.data ?? 'validation', backend, untrained: config.untrained, notes: [trainingNote(config.model, config.untrained), ...study.notes] }, rates };
  } finally {
    model.dispose();
  }
}

/** Writes both files into `folder`, the study last. */
export function writeStudy(folder: string, { study, rates }: WholeStudy): void {
  writeSafetensors(join(folder, ratesFile), Object.fromEntries(rates.map((all, layer) => [`blocks.${layer}`, { dtype: 'F32' as const, shape: [all.length], data: Float32Array.from(all) }])));
  writeJsonAtomic(join(folder, sparsityFile), study);
}

/** What a run's result says of a study. */
export function summary({ model, full, layers }: SparsityStudy): Record<string, unknown> {
  return { model: model.path, name: model.name, tokens: full.tokens, loss: full.loss, share: layers.reduce((sum, { share }) => sum + share, 0) / layers.length, never: layers.reduce((sum, { never }) => sum + never.count, 0) };
}

/** Started again it begins anew, unless it was done. */
export const runSparsity: JobRunner<SparsityConfig> = async (config, context) => {
  const done = join(context.folder, sparsityFile);
  if (existsSync(done)) return summary(readJson(done) as unknown as SparsityStudy);
  const whole = await measureSparsity(config, context);
  writeStudy(context.folder, whole);
  return summary(whole.study);
};
