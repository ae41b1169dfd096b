/** Every domain that comes with Loupe: the four of the published experiment on purging. A domain is one file here and one line. */
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import { chess } from './chess.ts';
import { code } from './code.ts';
import type { Domain } from './definition.ts';
import { digits } from './digits.ts';
import { english } from './english.ts';

export const domains: readonly Domain[] = [chess, english, code, digits];

/** Kind bad-request for an unknown domain, with the nearest and the list. */
export function domainById(id: string): Domain {
  const found = domains.find((domain) => domain.id === id);
  if (found !== undefined) return found;
  const names = domains.map((domain) => domain.id);
  const near = nearestName(id, names);
  throw new LoupeError('bad-request', `there is no domain "${id}"${near === undefined ? '' : `; did you mean ${near}?`} The domains: ${names.join(', ')}`);
}
