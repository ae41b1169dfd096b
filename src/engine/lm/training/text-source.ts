/** What a language model is trained on: a corpus and a tokenizer, by name or path. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import { shuffled } from '../../corpora/order.ts';
import { openCorpus } from '../../corpora/registry.ts';
import type { Corpus } from '../../corpora/definition.ts';
import { loadTokenizer, readJsonFile } from '../../tokenizers/load.ts';
import type { TokenSource } from './token-files.ts';
import { byteEnd, byteTokenizerJson, decodeBytes, encodeBytes, endOfText } from './byte-tokenizer.ts';

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

/** `name`: "bytes", or a folder with tokenizer.json. Kinds: not-found, bad-file. */
export function openCoder(name: string): TextCoder {
  if (name === 'bytes') return { vocab: byteEnd + 1, end: byteEnd, endText: endOfText, encode: encodeBytes, decode: decodeBytes, json: byteTokenizerJson() };
  const folder = resolve(name);
  if (!existsSync(join(folder, 'tokenizer.json'))) throw new LoupeError('not-found', `tokenizer: there is no tokenizer.json in ${name}: give a folder that has one, or "bytes".`);
  const tokenizer = loadTokenizer(folder);
  const end = tokenizer.eosTokenId ?? tokenizer.bosTokenId;
  if (end === null) throw new LoupeError('unsupported', `tokenizer: ${name} has no end-of-text token to put between documents: name eos_token in its tokenizer_config.json.`);
  return { vocab: tokenizer.vocab, end, endText: tokenizer.display(end), encode: (text) => tokenizer.encode(text), decode: (ids) => tokenizer.decode(ids), json: readJsonFile(join(folder, 'tokenizer.json')) };
}

/** `spec`: "text" for the sample corpus, or a file, a folder or a built-in corpus. Kinds: not-found, unsupported, missing-component. */
export async function openData(spec: string): Promise<Corpus> {
  if (spec === 'chess') {
    throw new LoupeError('missing-component', 'data: this version has no character tokenizer for chess, so models cannot be trained on games yet. Give text or a file.');
  }
  return openCorpus(spec === 'text' ? sampleCorpus : spec);
}

/** The corpus's tokens; listings are shuffled by the seed. */
export function tokenSource(corpus: Corpus, coder: TextCoder, seed: number, limit: number): TokenSource {
  async function* documents(): AsyncGenerator<Int32Array> {
    for await (const { text } of corpus.listing ? shuffled(corpus.documents(), seed) : corpus.documents()) {
      const ids = coder.encode(text);
      const ended = new Int32Array(ids.length + 1);
      ended.set(ids);
      ended[ids.length] = coder.end;
      yield ended;
    }
  }
  const key = createHash('sha256').update(JSON.stringify([corpus.name, corpus.sources, coder.json, corpus.listing ? seed : null, limit])).digest('hex');
  return { documents, vocab: coder.vocab, key };
}
