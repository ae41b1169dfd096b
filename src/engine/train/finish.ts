/** The end of a run: its dictionary saved, held-out figures, result.json. */
import { join } from 'node:path';
import { evaluateDictionary } from '../eval/reconstruction.ts';
import type { Evaluation } from '../eval/reconstruction.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { breathe } from '../job.ts';
import { removeCheckpoints } from './checkpoint.ts';
import { elapsedSeconds } from './run.ts';
import type { Run } from './run.ts';
import { saveDictionary } from './save.ts';

/** Where a run says how it ended. */
export function resultPath(folder: string): string {
  return join(folder, 'result.json');
}

async function evaluate({ config, context, source }: Run, dictionary: ReturnType<typeof saveDictionary>): Promise<Evaluation | null> {
  if (config.heldOut === 0) return null;
  return evaluateDictionary(dictionary, source.heldOut(), async (rows) => {
    context.progress({ phase: 'evaluate', step: rows, total: 0, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
    await breathe();
  });
}

/** Saves and evaluates; what is written to result.json, after which the checkpoints go. */
export async function finishRun(run: Run): Promise<Record<string, unknown>> {
  const { config, context } = run;
  const seconds = elapsedSeconds(run);
  const dictionary = saveDictionary(run);
  try {
    const evaluation = await evaluate(run, dictionary);
    const result = {
      dictionary: config.out, variant: config.variant, backend: run.backend, steps: run.step, tokens: run.tokensSeen, dSae: dictionary.dSae,
      seconds, tokensPerSecond: seconds > 0 ? run.tokensSeen / seconds : 0, deadInTraining: run.trainer.deadCount() / config.dSae,
      warnings: run.diagnostics.said, ...(evaluation === null ? {} : { ...evaluation.masked, unmasked: evaluation.unmasked }),
    };
    writeJsonAtomic(resultPath(context.folder), result);
    removeCheckpoints(join(context.folder, 'checkpoints'));
    return result;
  } finally {
    dictionary.dispose();
  }
}
