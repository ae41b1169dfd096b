/** Parts of a domain that do not meet: what is trained on, what experts are attributed by, what a purge is measured on. */
import { createHash } from 'node:crypto';

export const domainSplits = ['train', 'attribute', 'test'] as const;
export type DomainSplit = (typeof domainSplits)[number];

/** Shares of groups: 18, 1 and 1 of 20. */
const parts = 20;

/**
 * The part that a group of documents belongs to, by a hash of its name alone: 90 % train, 5 % attribute, 5 % test. It stays there whatever else the domain
 * holds, so that a model trained on `domains` has never seen the other two.
 */
export function splitOf(group: string): DomainSplit {
  const part = createHash('sha256').update(group).digest().readUInt32BE(0) % parts;
  if (part === 0) return 'test';
  return part === 1 ? 'attribute' : 'train';
}
