/** Opens what a dictionary is evaluated on, and finds the hooks that it belongs to. */
import { LoupeError } from '../../shared/errors.ts';
import { loadBackend } from '../backend/load.ts';
import { openCorpus } from '../corpora/registry.ts';
import type { JobContext } from '../job.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { loadModel } from '../lm/load.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { assertSameModel } from '../store/identity.ts';
import { openStore } from '../store/open.ts';
import type { ActivationStore } from '../store/types.ts';
import { corpusContexts, storeContexts } from './contexts.ts';
import type { DictionaryHooks, EvaluationContexts } from './contexts.ts';

export interface EvaluatedConfig {
  /** Folder of a store, or null where a model runs over a corpus. */
  readonly activations: string | null;
  readonly model: string | null;
  /** In place of a store; beside one, what the model is run over where something is spliced into it. */
  readonly corpus: string | null;
  /** Hook that is read; null: the dictionary's own. */
  readonly hook: string | null;
  /** Hook that is predicted; null: the dictionary's own, if it predicts one. */
  readonly targetHook: string | null;
  /** Last tokens of the store, or first tokens of the corpus, in whole contexts; null: the whole store, or 16,384 tokens. */
  readonly tokens: number | null;
  /** Of a corpus. */
  readonly contextLength: number;
}

export interface Evaluated {
  readonly source: EvaluationContexts;
  /** Contexts that the model runs over: those of the corpus where both a store and a corpus are given. */
  readonly spliced: EvaluationContexts;
  readonly hooks: DictionaryHooks;
  readonly model: LanguageModel | null;
  close(): void;
}

const corpusTokens = 16_384;

/**
 * The hooks of a dictionary, where the config does not name them. `stored`: those of the store, or null. Without a dictionary: the hook named, or the
 * only one stored.
 */
export function hooksOf(dictionary: Dictionary | null, { hook, targetHook }: Pick<EvaluatedConfig, 'hook' | 'targetHook'>, stored: readonly string[] | null): DictionaryHooks {
  if (dictionary === null) {
    const read = hook ?? (stored?.length === 1 ? stored[0]! : null);
    if (read === null) throw new LoupeError('bad-request', `--hook is missing: name ${stored === null ? 'a hook of the model' : `one of ${stored.join(', ')}`}`);
    return { read: [read], target: null };
  }
  const { provenance: { config, hookPoint }, dIn, dOut } = dictionary;
  const several = config['hookPoints'];
  const own = Array.isArray(several) && several.length > 0 ? (several as string[]) : [hookPoint];
  const only = stored?.length === 1 && !stored.includes(own[0]!) ? stored : own;
  const target = targetHook ?? (typeof config['targetHook'] === 'string' ? config['targetHook'] : null);
  if (target === null && dIn !== dOut) throw new LoupeError('bad-request', `the dictionary predicts another hook, ${dOut} wide, and does not say which: set --target-hook`);
  return { read: hook === null ? only : [hook], target };
}

/** Kind mismatch where the hooks are not as wide as the dictionary. */
export function checkWidths(dictionary: Dictionary | null, { read, target }: DictionaryHooks, widthOf: (hook: string) => number, whose: string): void {
  if (dictionary === null) return;
  const { dIn, dOut } = dictionary;
  const width = read.map(widthOf).reduce((a, b) => a + b, 0);
  if (width !== dIn) throw new LoupeError('mismatch', `${read.join(' and ')} of ${whose} is ${width} wide, the dictionary reads ${dIn}: it belongs to another hook or model`);
  if (target !== null && widthOf(target) !== dOut) throw new LoupeError('mismatch', `${target} of ${whose} is ${widthOf(target)} wide, the dictionary predicts ${dOut}: it belongs to another hook or model`);
}

async function openFromStore(store: ActivationStore, config: EvaluatedConfig, dictionary: Dictionary | null, { log }: Pick<JobContext, 'log'>): Promise<Evaluated> {
  const { hooks: stored, contexts, contextLength } = store.manifest;
  const hooks = hooksOf(dictionary, config, stored.map(({ name }) => name));
  const source = storeContexts(store, hooks, config.tokens === null ? contexts : Math.ceil(config.tokens / contextLength));
  checkWidths(dictionary, hooks, (hook) => stored.find(({ name }) => name === hook)!.d, store.folder);
  const model = config.model === null ? null : await loadModel(config.model);
  try {
    if (model !== null) assertSameModel(store, model.identity);
    const { corpus, contextLength: length } = config;
    const spliced = model === null || corpus === null ? source : await corpusContexts(model, await openCorpus(corpus, { log }), hooks, { tokens: corpusTokens, contextLength: length });
    return { source, spliced, hooks, model, close: () => (model?.dispose(), store.close()) };
  } catch (error) {
    model?.dispose();
    throw error;
  }
}

async function openFromCorpus(path: string, corpus: string, config: EvaluatedConfig, dictionary: Dictionary | null, context: Pick<JobContext, 'log'>): Promise<Evaluated> {
  const opened = await openCorpus(corpus, { log: context.log });
  const model = await loadModel(path);
  try {
    const hooks = hooksOf(dictionary, config, null);
    checkWidths(dictionary, hooks, (hook) => model.hookWidth(hook), model.config.name);
    const source = await corpusContexts(model, opened, hooks, { tokens: config.tokens ?? corpusTokens, contextLength: config.contextLength });
    return { source, spliced: source, hooks, model, close: () => model.dispose() };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A store, or a model and a corpus; null: no dictionary to fit. Kinds: bad-request (neither is given), not-found, mismatch. The caller closes it. */
export async function openEvaluated(config: EvaluatedConfig, dictionary: Dictionary | null, context: Pick<JobContext, 'log'>): Promise<Evaluated> {
  await loadBackend();
  if (config.activations === null) {
    if (config.model !== null && config.corpus !== null) return openFromCorpus(config.model, config.corpus, config, dictionary, context);
    throw new LoupeError('bad-request', '--activations is missing: give the folder of a store, or --model and --corpus');
  }
  const store = openStore(config.activations);
  try {
    return await openFromStore(store, config, dictionary, context);
  } catch (error) {
    store.close();
    throw error;
  }
}
