/** The statistics pass as a job: loads what its config names, runs the pass in the job's folder. Run again there, it resumes. */
import { basename } from 'node:path';
import { loadBackend } from '../backend/load.ts';
import type { JobContext, JobRunner } from '../job.ts';
import { loadModel } from '../lm/load.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { families } from '../lm/registry.ts';
import { loadDictionary } from '../sae/load.ts';
import { openStore } from '../store/open.ts';
import { statisticsConfigSchema } from './config.ts';
import type { StatisticsConfig } from './config.ts';
import type { Unembedding } from './logit-effects.ts';
import { computeStatistics } from './statistics.ts';

export { statisticsConfigSchema };

function unembeddingOf(model: LanguageModel): Unembedding {
  const norm = families.find(({ id }) => id === model.config.family)?.architecture.norm;
  return { weight: model.unembedding, finalNormWeight: model.finalNormWeight, centresInput: norm === 'layer' };
}

/** Result: {folder, key, features, tokens, dead}. Kinds: those of loading, mismatch, cancelled, not-finite, no-space. */
export const runStatistics: JobRunner<StatisticsConfig> = async (config: StatisticsConfig, context: JobContext) => {
  const { store: storePath, dictionary: dictionaryPath, model: modelPath, hook, name, ...options } = config;
  await loadBackend();
  const store = openStore(storePath);
  try {
    const dictionary = await loadDictionary(dictionaryPath);
    try {
      const model = await loadModel(modelPath);
      try {
        const parts = {
          store, dictionary, hook: hook === '' ? dictionary.provenance.hookPoint : hook, name: name === '' ? basename(dictionaryPath) : name,
          identity: model.identity, tokenizer: model.tokenizer, unembedding: unembeddingOf(model), heads: model.config.heads,
        };
        return { ...(await computeStatistics(parts, options, context.folder, context)) };
      } finally {
        model.dispose();
      }
    } finally {
      dictionary.dispose();
    }
  } finally {
    store.close();
  }
};
