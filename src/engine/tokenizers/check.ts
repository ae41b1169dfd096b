/**
 * What the tokenizer library does not look at and the original refuses: a file that is wrong in one of these ways would tokenize,
 * and lose text without a word.
 */
import { LoupeError } from '../../shared/errors.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

const modelTypes = ['BPE', 'Unigram', 'WordPiece'];
/** Components inside components, at most; published files have two. */
const maxDepth = 16;

/** Throws bad-file for what contradicts itself, unsupported for a model type that is not known. `origin` names the file. */
export function checkTokenizer(json: TokenizerJson, origin: string): void {
  const { type, vocab } = json.model;
  if (type !== undefined && !modelTypes.includes(type)) {
    throw new LoupeError('unsupported', `${origin}: model.type is ${JSON.stringify(type)}; Loupe tokenizes with ${modelTypes.join(', ')}. Use another model.`);
  }
  if (Object.keys(vocab).length === 0) throw bad(origin, 'the vocabulary is empty');
  for (const key of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const) if (json[key] !== null) checkComponent(json[key], key, origin, 0);
  if (json.model['merges'] !== undefined && !Array.isArray(vocab)) checkMerges(json.model['merges'], vocab, json.model['continuing_subword_prefix'], origin);
}

function bad(origin: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${origin}: ${what}. Fetch the tokenizer again.`);
}

function checkComponent(part: unknown, name: string, origin: string, depth: number): void {
  if (depth > maxDepth) throw bad(origin, `${name} is nested more than ${maxDepth} deep`);
  if (typeof part !== 'object' || part === null || typeof (part as { type?: unknown }).type !== 'string') throw bad(origin, `${name} has a part without a type`);
  const { type, pattern, ...fields } = part as { type: string; pattern?: Record<string, unknown> | null } & Record<string, unknown>;
  if ((type === 'Split' || type === 'Replace') && typeof (pattern?.['String'] ?? pattern?.['Regex']) !== 'string') throw bad(origin, `${name}: ${type} has no pattern`);
  for (const key of ['normalizers', 'pretokenizers', 'processors', 'decoders']) {
    const inner = fields[key] ?? [];
    if (!Array.isArray(inner)) throw bad(origin, `${name}.${key} is no list`);
    for (const item of inner) checkComponent(item, name, origin, depth + 1);
  }
}

/** Both pieces of a merge and what they make are tokens, as the original demands. */
function checkMerges(merges: unknown, vocab: Readonly<Record<string, number>>, prefix: unknown, origin: string): void {
  if (!Array.isArray(merges)) throw bad(origin, 'model.merges is no list');
  const prefixLength = typeof prefix === 'string' ? prefix.length : 0;
  merges.forEach((merge: unknown, index) => {
    const pieces = typeof merge === 'string' ? merge.split(' ') : merge;
    if (typeof merge === 'string' && merge.startsWith('#version')) return;
    if (!isPair(pieces)) throw bad(origin, `model.merges.${index} is not two pieces`);
    const unknown = [...pieces, pieces[0] + pieces[1].slice(prefixLength)].find((token) => !Object.hasOwn(vocab, token));
    if (unknown !== undefined) throw bad(origin, `model.merges.${index} names ${JSON.stringify(unknown.slice(0, 100))}, which is no token`);
  });
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((piece) => typeof piece === 'string' && piece !== '');
}
