/** The harvest as a job: loads what the config names and runs it. */
import { openCorpus } from '../corpora/registry.ts';
import type { JobRunner } from '../job.ts';
import { harvestConfigSchema, type HarvestConfig } from './config.ts';
import { harvest } from './run.ts';

export { harvestConfigSchema, type HarvestConfig } from './config.ts';

/** How many blocks the hooks need: those above are not even loaded. Undefined where a hook lies behind the last block. */
export function blocksFor(hooks: readonly string[]): number | undefined {
  let blocks = 1;
  for (const hook of hooks) {
    const block = /^blocks\.(\d+)\./.exec(hook)?.[1];
    if (block === undefined && hook !== 'hook_embed' && hook !== 'hook_pos_embed') return undefined;
    blocks = Math.max(blocks, Number(block ?? 0) + 1);
  }
  return blocks;
}

/** Loads the backend, the model and the corpus, and harvests. The result names the store and says what it holds. */
export const runHarvest: JobRunner<HarvestConfig> = async (config, context) => {
  const checked = harvestConfigSchema.parse(config);
  const { field, unit, badLines, conversations } = checked;
  const corpus = await openCorpus(checked.corpus, { field, unit, badLines, conversations, log: context.log });
  const [{ loadBackend }, { loadModel }] = await Promise.all([import('../backend/load.ts'), import('../lm/load.ts')]);
  const { backend } = await loadBackend();
  // The loss lies behind the last block.
  const layers = checked.gradients ? undefined : blocksFor(checked.hooks);
  const model = await loadModel(checked.model, layers === undefined ? {} : { layers });
  const start = performance.now();
  try {
    const manifest = await harvest(checked, { model, corpus, backend }, context);
    const { contexts, contextLength, shards } = manifest;
    return {
      store: checked.out,
      contexts,
      tokens: contexts * contextLength,
      documents: manifest.corpus.documents,
      hooks: manifest.hooks.map(({ name }) => name),
      bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
      seconds: (performance.now() - start) / 1000,
      backend,
    };
  } finally {
    model.dispose();
  }
};
