/** The statistics pass as a job: loads what its config names, runs the pass in the job's folder. Run again there, it resumes. */
import { basename } from 'node:path';
import { mostUnits } from '../../shared/schema/units.ts';
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import type { JobContext, JobRunner } from '../job.ts';
import { loadModel } from '../lm/load.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { families } from '../lm/registry.ts';
import { isUnitsHook, layerOfHook } from '../lm/units.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { loadDictionary } from '../sae/load.ts';
import { ensureUnits } from '../sae/units-file.ts';
import { assertSameModel } from '../store/identity.ts';
import { openStore } from '../store/open.ts';
import type { ActivationStore } from '../store/types.ts';
import { statisticsConfigSchema } from './config.ts';
import type { StatisticsConfig } from './config.ts';
import type { Unembedding } from './logit-effects.ts';
import { computeStatistics } from './statistics.ts';

export { statisticsConfigSchema };

function unembeddingOf(model: LanguageModel): Unembedding {
  const norm = families.find(({ id }) => id === model.config.family)?.architecture.norm;
  return { weight: model.unembedding, finalNormWeight: model.finalNormWeight, centresInput: norm === 'layer' };
}

/** The hook whose units are wanted: the one that is named, or the only one in the store that holds some. Kinds: bad-request, mismatch. */
function unitsHookIn({ manifest }: ActivationStore, named: string): string {
  const names = manifest.hooks.map(({ name }) => name);
  const found = names.filter(isUnitsHook);
  if (named !== '') {
    if (names.includes(named) || !isUnitsHook(named)) return named;
    throw new LoupeError('mismatch', `hook: the store does not hold ${named}. It has ${names.join(', ')}: harvest there.`);
  }
  if (found.length === 1) return found[0]!;
  throw new LoupeError('bad-request', found.length === 0
    ? `hook: the store holds no units, but ${names.join(', ')}. Harvest at a hook like blocks.0.mlp.hook_post.`
    : `hook: the store holds the units of several layers: name one of ${found.join(', ')}.`);
}

interface Chosen {
  readonly dictionary: Dictionary;
  /** Where it lies. */
  readonly path: string;
  readonly hook: string;
  readonly name: string;
}

/** The features that the config names. The caller disposes the dictionary. */
async function chosen({ features, dictionary: path, keep, hook: named, name }: StatisticsConfig, store: ActivationStore, model: LanguageModel): Promise<Chosen> {
  if (features === 'dictionary') {
    const dictionary = await loadDictionary(path);
    return { dictionary, path, hook: named === '' ? dictionary.provenance.hookPoint : named, name: name === '' ? basename(path) : name };
  }
  // Before a folder is made: units of another model than the store's would be of use to nobody.
  assertSameModel(store, model.identity);
  const hook = unitsHookIn(store, named);
  const width = store.manifest.hooks.find((stored) => stored.name === hook)?.d ?? 0;
  if (width > mostUnits) throw new LoupeError('unsupported', `hook: ${hook} has ${width.toLocaleString('en-US')} units, and a catalog takes up to ${mostUnits.toLocaleString('en-US')} of a layer: a batch of more would not fit 1 GiB.`);
  const { dictionary, path: made } = ensureUnits(path, model, hook, keep);
  return { dictionary, path: made, hook, name: name === '' ? `${dictionary.units.layerKind.title} units, layer ${layerOfHook(hook)}` : name };
}

/** Result: {folder, key, features, tokens, dead, dictionary}. Kinds: those of loading, mismatch, unsupported (a hook without units), conflict, cancelled, not-finite, no-space. */
export const runStatistics: JobRunner<StatisticsConfig> = async (config: StatisticsConfig, context: JobContext) => {
  const { store: storePath, features: _features, dictionary: _dictionary, keep: _keep, model: modelPath, hook: _hook, name: _name, ...options } = config;
  await loadBackend();
  const store = openStore(storePath);
  try {
    const model = await loadModel(modelPath);
    try {
      const { path: dictionaryPath, ...found } = await chosen(config, store, model);
      try {
        const parts = { store, ...found, identity: model.identity, tokenizer: model.tokenizer, unembedding: unembeddingOf(model), heads: model.config.heads };
        return { ...(await computeStatistics(parts, options, context.folder, context)), dictionary: dictionaryPath };
      } finally {
        found.dictionary.dispose();
      }
    } finally {
      model.dispose();
    }
  } finally {
    store.close();
  }
};
