/** Names of parameters within a block: the layer's own, behind a prefix. */
import type { Specs, Weights } from './definition.ts';

/** Specs of the layer under `${prefix}${name}`. */
export function prefixed(prefix: string, specs: Specs): Specs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [prefix + name, spec]));
}

/** The layer's own weights again, by the names that it gave them; any shape, like [in, out]. */
export function unprefixed(prefix: string, weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]));
}
