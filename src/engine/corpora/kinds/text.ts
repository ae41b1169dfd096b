/** Plain text and Markdown files: one document a blank-line-separated block, or one a file. */
import { basename } from 'node:path';
import type { Corpus, CorpusDocument, CorpusKind, CorpusOptions } from '../definition.ts';
import { plainName, readChunks, requireText } from '../bytes.ts';

/** A block (or file) that is longer is cut at white space into documents of at most this many UTF-16 units. */
const maxDocumentLength = 4 * 1024 * 1024;

const blankLine = /\r?\n[^\S\n]*\r?\n/;

/** Where to cut a text that is too long: after the last white space in its second half, never inside a surrogate pair. */
function cutPoint(text: string, limit: number): number {
  for (let i = limit; i > limit / 2; i--) if (/\s/.test(text[i - 1]!)) return i;
  const last = text.charCodeAt(limit - 1);
  return last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
}

/** The text of the file in pieces as they were read, decoded; a byte order mark is dropped. */
async function* decoded(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of readChunks(path)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Where the first document of `pending` ends and what follows it begins; null when more has to be read first. */
function nextCut(pending: string, unit: 'block' | 'file', limit: number): { readonly end: number; readonly next: number } | null {
  const blank = unit === 'block' ? blankLine.exec(pending) : null;
  if (blank !== null && blank.index <= limit) return { end: blank.index, next: blank.index + blank[0].length };
  if (pending.length <= limit) return null;
  const end = cutPoint(pending, limit);
  return { end, next: end };
}

/**
 * The documents of one text file, in order, without their surrounding white space; empty ones are left out.
 * `limit` is in UTF-16 units and bounds the memory, whatever the file is like.
 */
export async function* textBlocks(path: string, unit: 'block' | 'file', limit: number = maxDocumentLength): AsyncGenerator<string> {
  let pending = '';
  for await (const piece of decoded(path)) {
    pending += piece;
    for (let cut = nextCut(pending, unit, limit); cut !== null; cut = nextCut(pending, unit, limit)) {
      yield* nonEmpty(pending.slice(0, cut.end));
      pending = pending.slice(cut.next);
    }
  }
  yield* nonEmpty(pending);
}

function* nonEmpty(text: string): Generator<string> {
  const trimmed = text.trim();
  if (trimmed !== '') yield trimmed;
}

async function* documents(path: string, unit: 'block' | 'file'): AsyncGenerator<CorpusDocument> {
  let number = 0;
  for await (const text of textBlocks(path, unit)) yield { id: `${basename(path)}:${number++}`, text };
}

async function open(path: string, options: CorpusOptions): Promise<Corpus> {
  requireText(path);
  return { name: basename(path), sources: [basename(path)], listing: false, documents: () => documents(path, options.unit) };
}

export const textKind: CorpusKind = {
  id: 'text',
  title: 'Text file',
  summary: 'Plain text or Markdown, UTF-8: a document is a block between blank lines, or the whole file.',
  accepts: (path, isFolder) => !isFolder && /\.(txt|text|md|markdown|rst)$/.test(plainName(path)),
  open,
};
