/** Every labeller: one file and one line here. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import type { Labeller } from './definition.ts';
import { ruleLabeller } from './rule.ts';

export const registry: readonly Labeller[] = [ruleLabeller];

if (new Set(registry.map(({ id }) => id)).size !== registry.length) throw new LoupeError('defect', 'two labellers have the same id');

/** Kind bad-config names the ones that there are. */
export function labellerById(id: string): Labeller {
  const found = registry.find((labeller) => labeller.id === id);
  if (found !== undefined) return found;
  const ids = registry.map((labeller) => labeller.id);
  const near = nearestName(id, ids);
  throw new LoupeError('bad-config', `labeller: there is no "${id}"${near === undefined ? '' : `: did you mean "${near}"?`} Choose one of ${ids.join(', ')}.`);
}
