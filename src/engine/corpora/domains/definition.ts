/** A domain: a kind of text that experts may belong to. One file in this folder and one line in registry.ts. */
import type { CorpusDocument, CorpusOptions } from '../definition.ts';

export interface DomainDocument extends CorpusDocument {
  /** What stays together when a domain is split: pieces of one file have one group. */
  readonly group: string;
}

export interface DomainText {
  /** File or package names; never absolute paths. */
  readonly sources: readonly string[];
  /** In an order of its own, the same each time. */
  documents(): AsyncIterable<DomainDocument>;
}

export interface Domain {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Kinds: missing-component. */
  open(options: Pick<CorpusOptions, 'log'>): Promise<DomainText>;
}
