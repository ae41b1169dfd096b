/** What the feature page says of a unit of a model's layer. Pure. */
import type { Source } from '../../../shared/schema/catalog.ts';
import { unitsFactsOf, type UnitsFacts } from '../../../shared/schema/units.ts';
import { unitNameOf } from '../../../shared/unit-names.ts';

export interface UnitWords {
  readonly facts: UnitsFacts;
  /** "expert 3, neuron 17" */
  readonly nameOf: (index: number) => string;
  /** "MoE-X" */
  readonly kind: string;
  /** What it is, in a sentence. */
  readonly meaning: string;
}

/** Null for a source of anything but units. */
export function unitWords(source: Pick<Source, 'kind' | 'provenance' | 'hookPoint' | 'modelName' | 'layer'> | null): UnitWords | null {
  const facts = source === null ? null : unitsFactsOf(source);
  if (facts === null || source === null) return null;
  const counted = facts.keep === null ? 'It fires where it is not 0' : `It is never exactly 0: it counts where it is among the ${facts.keep} largest of its token`;
  return {
    facts, nameOf: (index) => unitNameOf(facts.names, index), kind: facts.layerKind.title,
    meaning: `A unit of the model itself: layer ${source.layer ?? '?'} of ${source.modelName}, ${facts.layerKind.title}, at ${source.hookPoint}. ${counted}`,
  };
}
