/** The domains of an attribution as rows of a form. Pure. */
import { expertLimits, usualDomains, type DomainSpec } from '../../../../shared/schema/experts.ts';

export interface DomainRow {
  readonly name: string;
  /** Empty: the domain of this name that comes with Loupe. */
  readonly corpus: string;
}

export const usualRows: readonly DomainRow[] = usualDomains.map(({ name }) => ({ name, corpus: '' }));

export function rowsOf(domains: readonly DomainSpec[]): DomainRow[] {
  return domains.map(({ name, corpus }) => ({ name, corpus: corpus ?? '' }));
}

export function specsOf(rows: readonly DomainRow[]): DomainSpec[] {
  return rows.map(({ name, corpus }) => ({ name: name.trim(), corpus: corpus.trim() === '' ? null : corpus.trim() }));
}

/** What is wrong with the rows, in words, or null. */
export function problemOf(rows: readonly DomainRow[]): string | null {
  const specs = specsOf(rows);
  if (specs.length < 2) return 'An expert is special to one kind of text beside others: give two or more.';
  if (specs.length > expertLimits.domains) return `At most ${expertLimits.domains} domains are compared.`;
  if (specs.some(({ name }) => name === '')) return 'Give each domain a name.';
  const twice = specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) return `"${twice.name}" is there twice: give each domain a name of its own.`;
  const unknown = specs.find(({ name, corpus }) => corpus === null && !usualDomains.some((usual) => usual.name === name));
  if (unknown !== undefined) return `"${unknown.name}" does not come with Loupe (${usualDomains.map(({ name }) => name).join(', ')} do): give it a file or a folder.`;
  return null;
}
