/** From a model to features of its units: the forms that lead there, filled in. Pure. */
import type { LmFacts, LmRun } from '../../../../shared/schema/lm.ts';
import type { Item } from '../../../../shared/schema/workspace.ts';

type Query = Readonly<Record<string, string>>;

/** The hook that holds the units of a block. */
export function unitsHook(layer: number): string {
  return `blocks.${layer}.mlp.hook_post`;
}

/** The corpus that a model was trained on, by a name or a path that a harvest can read; "" where it is not known. */
export function corpusOf(run: LmRun | null): string {
  const data = run?.config['data'];
  if (data === 'text') return 'wordnet';
  return typeof data === 'string' ? data : '';
}

/** The store of the workspace that holds the units of a block of this model, the newest of several; null where there is none yet. */
export function unitsStore(stores: readonly Item[], model: string, layer: number): Item | null {
  const fact = (item: Item, name: string): string => item.summary.find(([key]) => key === name)?.[1] ?? '';
  const held = stores.filter((item) => item.problem === null && fact(item, 'Model') === model && fact(item, 'Hook').split(', ').includes(unitsHook(layer)));
  return held.toSorted((a, b) => b.modifiedAt.localeCompare(a.modifiedAt))[0] ?? null;
}

/** A catalog of the units of a block, over a store that holds them. */
export function catalogOfUnits(path: string, layer: number, store: Item): Query {
  return { kind: 'catalog-build', features: 'units', model: path, hook: unitsHook(layer), store: store.path };
}

/** A harvest of the units of a block, over what the model was trained on, in contexts that it takes. */
export function harvestUnits(path: string, layer: number, facts: LmFacts, run: LmRun | null): Query {
  return { kind: 'harvest', model: path, hooks: unitsHook(layer), contextLength: String(Math.min(128, facts.sizes.context)), ...(corpusOf(run) === '' ? {} : { corpus: corpusOf(run) }) };
}
