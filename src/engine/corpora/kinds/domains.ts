/** Four kinds of text that have little in common: mixed to train on, and each by itself to measure by. */
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import type { Corpus, CorpusKind } from '../definition.ts';
import { documentsOf, equalBytes } from '../domains/mix.ts';
import { domainById, domains } from '../domains/registry.ts';
import { domainSplits, type DomainSplit } from '../domains/split.ts';

function splitByName(name: string): DomainSplit {
  const found = domainSplits.find((split) => split === name);
  if (found !== undefined) return found;
  const near = nearestName(name, domainSplits);
  throw new LoupeError('bad-request', `corpus: a domain has no part "${name}"${near === undefined ? '' : `; did you mean ${near}?`} The parts: ${domainSplits.join(', ')}`);
}

/** "domain:code" (the part that is held out), or "domain:code:train". */
async function openOne(spec: string, log: (line: string) => void): Promise<Corpus> {
  const [, id = '', part = 'test', ...rest] = spec.split(':');
  if (rest.length > 0) throw new LoupeError('bad-request', `corpus: "${spec}": write domain:NAME or domain:NAME:PART, like domain:code:train`);
  const [domain, split] = [domainById(id), splitByName(part)];
  const text = await domain.open({ log });
  return { name: `domain:${domain.id}:${split}`, sources: text.sources, listing: false, documents: () => documentsOf(text, split) };
}

export const domainsKind: CorpusKind = {
  id: 'domains',
  title: 'Four domains',
  summary: 'Chess games, English, code and digits to equal numbers of bytes, in a seeded order: the part of each that is trained on.',
  async open(_spec, { log }) {
    const texts = await Promise.all(domains.map((domain) => domain.open({ log })));
    return { name: 'domains', sources: texts.flatMap(({ sources }) => sources), listing: false, documents: () => equalBytes(texts.map((text) => documentsOf(text, 'train'))) };
  },
};

export const domainKind: CorpusKind = {
  id: 'domain:NAME',
  prefix: 'domain:',
  title: 'One domain',
  summary: `One of ${domains.map(({ id }) => id).join(', ')} by itself, the part that is held out; domain:NAME:train and domain:NAME:attribute are the others.`,
  open: (spec, { log }) => openOne(spec, log),
};
