/** From a model to features of its units: the forms that lead there, filled in. Pure. */
import type { LmFacts, LmRun } from '../../../../shared/schema/lm.ts';

type Query = Readonly<Record<string, string>>;

/** The hook that holds the units of a block. */
export function unitsHook(layer: number): string {
  return `blocks.${layer}.mlp.hook_post`;
}

/** The corpus that a model was trained on, where a harvest can read it by a name or a path; "" where it cannot (games of chess). */
export function corpusOf(run: LmRun | null): string {
  const data = run?.config['data'];
  if (data === 'text') return 'wordnet';
  return typeof data === 'string' && data !== 'chess' ? data : '';
}

/** A harvest of the units of a block, over what the model was trained on, in contexts that it takes. */
export function harvestUnits(path: string, layer: number, facts: LmFacts, run: LmRun | null): Query {
  return { kind: 'harvest', model: path, hooks: unitsHook(layer), contextLength: String(Math.min(128, facts.sizes.context)), ...(corpusOf(run) === '' ? {} : { corpus: corpusOf(run) }) };
}
