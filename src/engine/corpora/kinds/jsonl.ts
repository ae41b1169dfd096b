/** JSON lines: one object a line, its text in one field. */
import { basename } from 'node:path';
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import { parseConversation } from '../conversations.ts';
import type { Corpus, CorpusDocument, CorpusKind, CorpusOptions } from '../definition.ts';
import { plainName, requireText } from '../bytes.ts';
import { maxLineBytes, readLines } from '../lines.ts';

/** This many skipped lines are named one by one; the rest are only counted. */
const namedLines = 5;

type Parsed = { readonly text: string } | { readonly problem: string; readonly keys?: readonly string[] };

/** The text of one line, or what is wrong with it. */
export function parseLine(line: string, field: string, conversations = false): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { problem: `is not JSON (${(error as Error).message})` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'is not a JSON object' };
  if (conversations) return parseConversation(value as Record<string, unknown>, field);
  const keys = Object.keys(value);
  if (!Object.hasOwn(value, field)) return { problem: `has no field "${field}"`, keys };
  const text = (value as Record<string, unknown>)[field];
  return typeof text === 'string' ? { text } : { problem: `has a field "${field}" that is no string` };
}

function noField(path: string, field: string, keys: readonly string[]): LoupeError {
  const near = nearestName(field, keys);
  const cure = near === undefined ? `The fields are ${keys.join(', ') || 'none'}.` : `Did you mean "${near}"?`;
  return new LoupeError('bad-request', `corpus: no object of ${path} so far has the field "${field}". ${cure} Give the right one as field.`);
}

async function* documents(path: string, options: CorpusOptions): AsyncGenerator<CorpusDocument> {
  const name = basename(path);
  let skipped = 0;
  let used = 0;
  for await (const { number, text } of readLines(path)) {
    if (text?.trim() === '') continue;
    const parsed: Parsed = text === null ? { problem: `is longer than ${maxLineBytes} bytes` } : parseLine(text, options.field, options.conversations);
    if ('text' in parsed) {
      used++;
      if (parsed.text.trim() !== '') yield { id: `${name}:${number}`, text: parsed.text };
      continue;
    }
    // A wrong field name shows in the first object: later ones merely lack it.
    if (used === 0 && parsed.keys !== undefined) throw noField(path, options.field, parsed.keys);
    if (options.badLines === 'refuse') {
      throw new LoupeError('bad-file', `corpus: line ${number} of ${path} ${parsed.problem}. Repair it, or let bad lines be skipped.`);
    }
    if (skipped++ < namedLines) options.log(`${name}: line ${number} ${parsed.problem}; skipped`);
  }
  if (skipped > namedLines) options.log(`${name}: ${skipped} lines were skipped`);
  if (used === 0 && skipped > 0) throw new LoupeError('bad-file', `corpus: not one of the ${skipped} lines of ${path} is usable JSON${options.conversations ? ' with messages' : ''}. Is it JSON lines?`);
}

async function open(path: string, options: CorpusOptions): Promise<Corpus> {
  requireText(path);
  return { name: basename(path), sources: [basename(path)], listing: false, documents: () => documents(path, options) };
}

export const jsonlKind: CorpusKind = {
  id: 'jsonl',
  title: 'JSON lines',
  summary: 'One JSON object a line; a document is the string in one of its fields.',
  accepts: (path, isFolder) => !isFolder && /\.(jsonl|ndjson)$/.test(plainName(path)),
  open,
};
