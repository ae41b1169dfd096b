/** What the reconstructions of a sweep's members cost the model: delta CE of several dictionaries in each pass of the model. */
import { LoupeError } from '../../shared/errors.ts';
import { openCorpus } from '../corpora/registry.ts';
import { batchesOf, corpusContexts } from '../eval/contexts.ts';
import { spliceOver } from '../eval/downstream.ts';
import type { Replacement } from '../eval/downstream.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import { loadModel } from '../lm/load.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { loadDictionary } from '../sae/load.ts';
import { variantById } from '../sae/registry.ts';
import type { SweepConfig } from './config.ts';
import type { Outcome } from './group.ts';

/** Dictionaries in memory at once. */
const together = 8;
/** Contexts in one pass of the model. */
const batch = 8;

/** delta CE by member's name; empty where the sweep does not ask for it. Members that read several hooks, or predict another, have none. */
export async function downstreamOf(sweep: SweepConfig, outcomes: readonly Outcome[], context: JobContext): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  if (sweep.downstream === null) return figures;
  const done = outcomes.filter(({ result, member }) => result !== null && !['pairs', 'sources'].includes(variantById(member.config!.variant).data));
  const corpus = await openCorpus(sweep.downstream.corpus, { log: context.log });
  const model = await loadModel(sweep.downstream.model, {});
  try {
    for (let first = 0; first < done.length; first += together) {
      await measure(model, corpus, sweep, done.slice(first, first + together), figures, context);
    }
  } finally {
    model.dispose();
  }
  return figures;
}

async function measure(
  model: LanguageModel, corpus: Awaited<ReturnType<typeof openCorpus>>, sweep: SweepConfig, outcomes: readonly Outcome[], figures: Map<string, number>, context: JobContext,
): Promise<void> {
  const dictionaries = new Map<string, Dictionary>();
  try {
    for (const { member } of outcomes) dictionaries.set(member.name, await loadDictionary(member.folder));
    for (const [hook, names] of Map.groupBy(dictionaries.keys(), (name) => dictionaries.get(name)!.provenance.hookPoint)) {
      const { contextLength } = dictionaries.get(names[0]!)!.provenance;
      const contexts = await corpusContexts(model, corpus, { read: [hook], target: null }, { tokens: sweep.downstream!.tokens, contextLength });
      const replacements = Object.fromEntries(names.map((name): [string, Replacement] => [name, (x, rows) => dictionaries.get(name)!.reconstruct(x, rows)]));
      const means = await spliceOver(model, { read: hook, write: hook }, batchesOf(contexts, sweep.downstream!.tokens, batch), replacements, async (tokens) => {
        context.progress({ phase: 'delta CE', step: tokens, total: sweep.downstream!.tokens, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: hook });
        await breathe();
        if (context.signal.aborted) throw new LoupeError('cancelled', 'the sweep stopped while delta CE was measured; run it again to go on');
      });
      for (const name of names) figures.set(name, means.spliced[name]!.crossEntropy - means.crossEntropy);
    }
  } finally {
    for (const dictionary of dictionaries.values()) dictionary.dispose();
  }
}
