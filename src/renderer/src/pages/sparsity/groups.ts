/** The groups of a layer's units that can be listed. Pure. */
import type { LayerSparsity, UnitGroup } from '../../../../shared/schema/sparsity.ts';
import { percent } from '../../format/number.ts';

export interface ListedGroup {
  readonly id: UnitGroup;
  /** Behind "units that". */
  readonly title: string;
  readonly units: number;
  /** What is said when there are none. */
  readonly none: string;
}

/** Never, always, then the bins of densities that have units, the densest first. */
export function groupsOf({ never, always, density: { edges, counts } }: LayerSparsity): ListedGroup[] {
  const bins = counts.flatMap((units, bin): ListedGroup[] => (units === 0 ? [] : [{ id: bin, title: `fire on ${percent(edges[bin]!)} to ${percent(edges[bin + 1]!)} of tokens`, units, none: 'No unit.' }]));
  return [
    { id: 'never', title: 'never fire', units: never.count, none: 'Every unit of this layer fires on some token.' },
    { id: 'always', title: 'always fire', units: always.count, none: 'No unit of this layer fires on every token.' },
    ...bins.reverse(),
  ];
}
