/** English: the glosses of WordNet. */
import { defaultCorpusOptions } from '../definition.ts';
import { wordnetKind } from '../kinds/wordnet.ts';
import type { Domain, DomainDocument } from './definition.ts';

export const english: Domain = {
  id: 'english', title: 'English', summary: 'The glosses of WordNet 3.1',
  async open({ log }) {
    const corpus = await wordnetKind.open(wordnetKind.id, { ...defaultCorpusOptions, log });
    async function* documents(): AsyncGenerator<DomainDocument> {
      for await (const { id, text } of corpus.documents()) yield { id, text, group: id };
    }
    return { sources: corpus.sources, documents };
  },
};
