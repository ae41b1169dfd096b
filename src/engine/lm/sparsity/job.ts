/** Studying a model's sparsity as a job: `sparsity.json` and `rates.safetensors` in its folder. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { SparsityStudy } from '../../../shared/schema/sparsity.ts';
import { loadBackend } from '../../backend/load.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { writeSafetensors } from '../../formats/safetensors.ts';
import { readJson } from '../../formats/sae-lens.ts';
import type { JobContext, JobRunner } from '../../job.ts';
import { inspectModel, loadModel } from '../load.ts';
import { evaluationTokens } from '../training/evaluate.ts';
import type { SparsityConfig } from './config.ts';
import { studyPlaceSchema, studySparsity, type PlaceKeeper, type StudyPlace } from './study.ts';
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

/** Loads the model and measures it; writes nothing but by `keeper`, which is given the hash of all that the study depends on. Kinds: those of opening a model and a corpus, bad-request, not-finite, cancelled. */
export async function measureSparsity(config: SparsityConfig, context: Pick<JobContext, 'signal' | 'progress'>, keeper?: (key: string) => PlaceKeeper): Promise<WholeStudy> {
  const { backend } = await loadBackend();
  const model = config.untrained ? await openUntrained(config.model) : await loadModel(config.model);
  try {
    const ids = await evaluationTokens(model, config.model, config.data, config.tokens + 1);
    const key = createHash('sha256').update(JSON.stringify([config, model.identity.hash, backend])).update(ids).digest('hex');
    const { study, rates } = await studySparsity(model, config, ids, context, keeper?.(key));
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

const placeFile = 'place.json';
/** Milliseconds between two writings of the place. */
const placeEvery = 15_000;

/** Keeps the place of a study in a folder; one of another study, or a broken one, counts as none. */
export function placeKeeper(folder: string, key: string, every = placeEvery): PlaceKeeper {
  const path = join(folder, placeFile);
  let last = performance.now();
  return {
    kept: readPlace(path, key),
    keep(place) {
      if (performance.now() - last < every) return;
      writeJsonAtomic(path, { key, place: place() });
      last = performance.now();
    },
  };
}

function readPlace(path: string, key: string): StudyPlace | null {
  if (!existsSync(path)) return null;
  const parsed = z.strictObject({ key: z.string(), place: studyPlaceSchema }).safeParse(readJsonOrNull(path));
  return parsed.success && parsed.data.key === key ? parsed.data.place : null;
}

function readJsonOrNull(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Started again it goes on with the batch that it was at, and ends with the same numbers. */
export const runSparsity: JobRunner<SparsityConfig> = async (config, context) => {
  const done = join(context.folder, sparsityFile);
  if (existsSync(done)) return summary(readJson(done) as unknown as SparsityStudy);
  const whole = await measureSparsity(config, context, (key) => placeKeeper(context.folder, key));
  writeStudy(context.folder, whole);
  rmSync(join(context.folder, placeFile), { force: true });
  return summary(whole.study);
};
