/** How Neuronpedia names what a catalog holds: a model, a set of sources, a source. Names have letters, digits, `-` and `_`. */
import type { SourceRow } from '../../catalog/tables/sources.ts';

function named(text: string, most: number, otherwise: string): string {
  const word = text.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, most);
  return word === '' ? otherwise : word;
}

export interface NeuronpediaNames {
  readonly model: string;
  /** The set that a source belongs to: its name without a layer. */
  readonly set: string;
  /** What rows call `layer`: the layer's number and the set, `9-res-k32`. */
  readonly source: string;
}

/** The names of `source`; `taken` are those given before, to which this one is added. */
export function namesOf(source: Pick<SourceRow, 'id' | 'name' | 'modelName' | 'layer'>, taken: Set<string>): NeuronpediaNames {
  const model = named(source.modelName, 120, 'model');
  const layer = source.layer ?? 0;
  const plain = named(source.name, 60, 'features').replace(new RegExp(`^${layer}-(?=.)`), '');
  const set = taken.has(`${model}/${layer}-${plain}`) ? `${plain}-${source.id}` : plain;
  taken.add(`${model}/${layer}-${set}`);
  return { model, set, source: `${layer}-${set}` };
}
