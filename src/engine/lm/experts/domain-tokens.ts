/** The tokens of a domain: one part of it to attribute experts by, another to measure a purge on. */
import { LoupeError } from '../../../shared/errors.ts';
import type { DomainSpec } from '../../../shared/schema/experts.ts';
import type { CorpusDocument } from '../../corpora/definition.ts';
import { documentsOf } from '../../corpora/domains/mix.ts';
import { domainById } from '../../corpora/domains/registry.ts';
import type { Tokenizer } from '../../tokenizers/types.ts';
import { openData } from '../training/text-source.ts';

export type MeasuredPart = 'attribute' | 'test';

/** A corpus of the user's own, whose documents fall into two halves by their ids: what a model was trained on is not known of it. */
async function* halfOf(corpus: string, part: MeasuredPart): AsyncGenerator<CorpusDocument> {
  let number = 0;
  for await (const document of (await openData(corpus)).documents()) if ((number++ % 2 === 0) === (part === 'attribute')) yield document;
}

async function documents({ name, corpus }: DomainSpec, part: MeasuredPart, log: (line: string) => void): Promise<AsyncIterable<CorpusDocument>> {
  if (corpus !== null) return halfOf(corpus, part);
  return documentsOf(await domainById(name).open({ log }), part);
}

/**
 * int32 [limit at most]: documents of one part with the token between documents behind each. Built-in domains have parts that `--data domains` never trains on; the
 * documents of any other corpus are taken in turn, one to attribute by, one to measure on.
 *
 * Kinds: bad-request (an unknown domain; too little text), not-found, missing-component.
 */
export async function domainTokens(tokenizer: Pick<Tokenizer, 'encode' | 'eosTokenId' | 'bosTokenId'>, spec: DomainSpec, part: MeasuredPart, limit: number, log: (line: string) => void = () => {}): Promise<Int32Array> {
  const end = tokenizer.eosTokenId ?? tokenizer.bosTokenId;
  const all: number[] = [];
  for await (const { text } of await documents(spec, part, log)) {
    for (const id of tokenizer.encode(text)) all.push(id);
    if (end !== null) all.push(end);
    if (all.length >= limit) break;
  }
  if (all.length < 2) throw new LoupeError('bad-request', `domains: ${spec.name} has ${all.length} tokens to ${part === 'test' ? 'measure on' : 'attribute by'}: give it more documents.`);
  return Int32Array.from(all.slice(0, limit));
}

/** Refuses two domains of one name: kind bad-request. */
export function checkDomains(domains: readonly DomainSpec[]): void {
  if (domains.length < 2) throw new LoupeError('bad-request', `domains: there is ${domains.length}: an expert is special to one beside others, so give two or more`);
  const twice = domains.find(({ name }, i) => domains.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new LoupeError('bad-request', `domains: "${twice.name}" is there twice: give each a name of its own`);
}
