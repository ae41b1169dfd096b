/** What a language model is trained on: a corpus and a tokenizer, by name or path. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import { shuffled } from '../../corpora/order.ts';
import { openCorpus } from '../../corpora/registry.ts';
import type { Corpus, CorpusDocument } from '../../corpora/definition.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { trainBpe, wordsOf } from '../../tokenizers/bpe-train.ts';
import { loadTokenizer, readJsonFile } from '../../tokenizers/load.ts';
import { chessCoder } from './chess-source.ts';
import type { TokenSource } from './token-files.ts';
import { byteEnd, byteLevelJson, byteTokenizerJson, decodeBytes, encodeBytes, endOfText } from './byte-tokenizer.ts';

/** Text to ids, with what is written beside the model. */
export interface TextCoder {
  readonly vocab: number;
  /** Between documents. */
  readonly end: number;
  /** The same, as text. */
  readonly endText: string;
  /** int32 [tokens] */
  readonly encode: (text: string) => Int32Array;
  readonly decode: (ids: ArrayLike<number>) => string;
  /** tokenizer.json */
  readonly json: unknown;
}

/** The corpus that `--data text` means: 117,000 glosses of WordNet, in a seeded order. */
const sampleCorpus = 'wordnet';

/** The size that "bpe:2048" asks for, or null. Kind bad-request for one that cannot be. */
function bpeSize(name: string): number | null {
  if (!name.startsWith('bpe:')) return null;
  const size = Number(name.slice(4));
  if (Number.isInteger(size) && size > byteEnd + 1 && size <= 65_536) return size;
  throw new LoupeError('bad-request', `tokenizer: "${name}": write bpe: and the number of tokens, from ${byteEnd + 2} to 65536, like bpe:2048.`);
}

/** Tokens that a tokenizer will have at most, before it is made. */
export function mostVocab(name: string): number {
  return bpeSize(name) ?? openCoder(name).vocab;
}

/**
 * `name`: "bytes", "chess" (the characters of transcripts), or a folder with tokenizer.json. Kinds: not-found, bad-file, unsupported.
 */
export function openCoder(name: string): TextCoder {
  if (name === 'bytes') return { vocab: byteEnd + 1, end: byteEnd, endText: endOfText, encode: encodeBytes, decode: decodeBytes, json: byteTokenizerJson() };
  if (name === 'chess') return chessCoder();
  const folder = resolve(name);
  if (!existsSync(join(folder, 'tokenizer.json'))) throw new LoupeError('not-found', `tokenizer: there is no tokenizer.json in ${name}: give a folder that has one, "bytes", "chess", or bpe: and a number of tokens.`);
  const tokenizer = loadTokenizer(folder);
  const end = tokenizer.eosTokenId ?? tokenizer.bosTokenId;
  if (end === null) throw new LoupeError('unsupported', `tokenizer: ${name} has no end-of-text token to put between documents: name eos_token in its tokenizer_config.json.`);
  return { vocab: tokenizer.vocab, end, endText: tokenizer.display(end), encode: (text) => tokenizer.encode(text), decode: (ids) => tokenizer.decode(ids), json: readJsonFile(join(folder, 'tokenizer.json')) };
}

/** The tokenizer of a run: as above, or "bpe:2048", which is learned from the corpus once and kept in `folder`. */
export async function coderOf(name: string, corpus: Corpus, folder: string): Promise<TextCoder> {
  const size = bpeSize(name);
  if (size === null) return openCoder(name);
  if (!existsSync(join(folder, 'tokenizer.json'))) {
    mkdirSync(folder, { recursive: true });
    writeJsonAtomic(join(folder, 'tokenizer_config.json'), { eos_token: endOfText });
    writeJsonAtomic(join(folder, 'tokenizer.json'), await learnedJson(corpus, size));
  }
  const coder = openCoder(folder);
  return { ...coder, encode: wordwise(coder) };
}

/** Characters of the corpus that a vocabulary is learned from, at most. */
const learnedFrom = 50_000_000;

async function learnedJson(corpus: Corpus, size: number): Promise<Record<string, unknown>> {
  const counts = new Map<string, number>();
  let read = 0;
  for await (const { text } of corpus.documents()) {
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    read += text.length;
    if (read >= learnedFrom) break;
  }
  const { tokens, merges } = trainBpe(counts, size - 1);
  return byteLevelJson(tokens.map((token, id) => [token, id]), merges);
}

/** The same ids, each word looked up once: merges do not reach over words. */
function wordwise({ encode }: TextCoder): TextCoder['encode'] {
  const known = new Map<string, Int32Array>();
  const idsOf = (word: string): Int32Array => {
    const ids = known.get(word) ?? encode(word);
    if (known.size < 1 << 18) known.set(word, ids);
    return ids;
  };
  return (text) => Int32Array.from(wordsOf(text).flatMap((word) => [...idsOf(word)]));
}

/** `spec`: "text" for the sample corpus, "chess" for the games of `loupe data chess`, or a file, a folder or a built-in corpus. Kinds: not-found, unsupported, missing-component. */
export async function openData(spec: string): Promise<Corpus> {
  return openCorpus(spec === 'text' ? sampleCorpus : spec);
}

/** The corpus's tokens; listings are shuffled by the seed. */
export function tokenSource(corpus: Corpus, coder: TextCoder, seed: number, limit: number): TokenSource {
  async function* tokensOf(documents: AsyncIterable<CorpusDocument>): AsyncGenerator<Int32Array> {
    for await (const { text } of documents) {
      const ids = coder.encode(text);
      const ended = new Int32Array(ids.length + 1);
      ended.set(ids);
      ended[ids.length] = coder.end;
      yield ended;
    }
  }
  const key = createHash('sha256').update(JSON.stringify([corpus.name, corpus.sources, coder.json, corpus.listing ? seed : null, corpus.fromTheStart ?? false, limit])).digest('hex');
  return {
    documents: () => tokensOf(corpus.listing ? shuffled(corpus.documents(), seed) : corpus.documents()),
    ...(corpus.heldOut === undefined ? {} : { heldOut: () => tokensOf(corpus.heldOut!()) }),
    vocab: coder.vocab, key, ends: corpus.fromTheStart === true ? coder.end : null,
  };
}
