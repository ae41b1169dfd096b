/** The parts of a language model by name. Pure. */

const partTitles: Readonly<Record<string, string>> = { embedding: 'embedding', positions: 'positions', attention: 'attention', layer: 'layers in the place of the MLP', norms: 'norms', unembedding: 'unembedding' };

/** The parts of a model with a share in it, the largest first. */
export function partsOf(parts: Readonly<Record<string, number>>): { readonly name: string; readonly value: number }[] {
  return Object.entries(parts).filter(([, value]) => value > 0).map(([name, value]) => ({ name: partTitles[name] ?? name, value })).toSorted((a, b) => b.value - a.value);
}
