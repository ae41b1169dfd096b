/** Training a language model as a job: resumes when it is run again in the same folder, and leaves a model that every other command opens. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import { loadBackend } from '../../backend/load.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { placeError } from '../../files/place-errors.ts';
import { readJson } from '../../formats/sae-lens.ts';
import { breathe, type JobContext, type JobRunner } from '../../job.ts';
import { removeCheckpoints } from '../../train/checkpoint.ts';
import { refuseOther, takeFolder } from '../../train/folder.ts';
import { writeOwnModel } from '../own/files.ts';
import { countParameters } from '../own/parameters.ts';
import { freeFields, type LmTrainConfig } from './config.ts';
import { closeLmRun, endsOf, openLmRun, saveLmCheckpoint, takeLmStep, utilisation, type LmRun } from './run.ts';

export { lmTrainConfigSchema } from './config.ts';
export type { LmTrainConfig } from './config.ts';

/** Where a run keeps its config; the model's own is config.json. */
export const lmRunFile = 'lm-train.json';

/**
 * Trains in `context.folder`, which is config.out. Run again it resumes, and ends with the same weights bit for bit on the same backend and thread count.
 *
 * Kinds: bad-request, bad-config, not-found, missing-component, not-finite (says which layer), out-of-memory, cancelled, conflict (lists the differences), no-space.
 */
export const runLmTrain: JobRunner<LmTrainConfig> = async (config, context) => {
  let release: (() => void) | undefined;
  try {
    release = takeFolder(context.folder);
    refuseOther(config, join(context.folder, lmRunFile), freeFields);
    refuseForeign(context.folder);
    const done = join(context.folder, 'result.json');
    if (existsSync(done) && existsSync(join(context.folder, 'model.safetensors'))) return readJson(done);
    return await trainHere(config, context);
  } catch (error) {
    throw placeError(error, context.folder);
  } finally {
    release?.();
  }
};

/** Refuses to write over a model that no run of ours made there: kind conflict. */
function refuseForeign(folder: string): void {
  const found = ['config.json', 'model.safetensors'].find((name) => existsSync(join(folder, name)));
  if (found === undefined || existsSync(join(folder, lmRunFile))) return;
  throw new LoupeError('conflict', `out: ${folder} holds ${found} of a model that was not trained here: choose another folder`);
}

async function trainHere(config: LmTrainConfig, context: JobContext): Promise<Record<string, unknown>> {
  const { backend } = await loadBackend();
  const run = await openLmRun(config, backend, context);
  try {
    // Only now: a run that cannot begin leaves no config behind that another one would be in conflict with.
    if (!existsSync(join(context.folder, lmRunFile))) writeJsonAtomic(join(context.folder, lmRunFile), config);
    while (run.step < config.steps) {
      await breathe();
      if (context.signal.aborted) {
        saveLmCheckpoint(run);
        throw new LoupeError('cancelled', `training stopped at step ${run.step} of ${config.steps}; run it again to go on`);
      }
      takeLmStep(run);
    }
    return finish(run);
  } finally {
    closeLmRun(run);
  }
}

/** Writes the model and what came of the run, after which the checkpoints and the training tokens go. */
function finish(run: LmRun): Record<string, unknown> {
  const { config, context, trainer, coder } = run;
  const bytes = writeOwnModel(context.folder, {
    shape: trainer.shape, dtype: config.dtype === 'float16' ? 'F16' : 'F32', tokenizer: coder.json, eosTokenId: coder.end, eosToken: coder.endText, values: (name) => trainer.values(name),
  });
  const [loss, valid] = [endsOf(run, 'loss'), endsOf(run, 'validLoss')];
  const tokensPerSecond = run.tokensSeen / run.seconds;
  const result = {
    model: config.out, arch: config.arch, parameters: countParameters(trainer.shape).total, active_parameters: countParameters(trainer.shape).active,
    steps: run.step, tokens: run.tokensSeen, train_tokens: run.files.trainTokens, valid_tokens: run.files.validTokens,
    loss_first: loss.first, loss_last: loss.last, valid_loss: valid.last, perplexity: Math.exp(valid.last),
    seconds: run.seconds, tokens_per_s: tokensPerSecond, mfu: utilisation(run, tokensPerSecond), peak_gflops: run.peak, bytes, seed: config.seed, backend: run.backend,
  };
  writeJsonAtomic(join(context.folder, 'result.json'), result);
  removeCheckpoints(join(context.folder, 'checkpoints'));
  rmSync(join(context.folder, 'data', 'train.bin'), { force: true });
  return result;
}
