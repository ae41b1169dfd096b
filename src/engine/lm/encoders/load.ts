/** A sentence encoder out of a folder, as sentence-transformers saves them: config.json, safetensors, a tokenizer, how it pools. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { loadTokenizer, readJsonFile } from '../../tokenizers/load.ts';
import { loadWordPieceVocabulary } from '../../tokenizers/word-piece.ts';
import type { Tokenizer } from '../../tokenizers/types.ts';
import { parseConfig } from '../configs.ts';
import { modelHash } from '../identity.ts';
import { huggingFaceSource, Loader } from '../weights.ts';
import { cut, paddedBatches } from './batches.ts';
import type { EncoderBody, EncoderConfig, EncoderFamily, PaddedBatch, SentenceEncoder } from './definition.ts';
import { encoderFamily } from './registry.ts';

const smallFile = 1 << 20;
const poolingSchema = z.looseObject({ pooling_mode_mean_tokens: z.boolean().default(true) });
const sentenceSchema = z.looseObject({ max_seq_length: z.number().int().positive().nullish() });

export interface EncoderFiles {
  /** Absolute. */
  readonly path: string;
  readonly family: EncoderFamily;
  readonly config: EncoderConfig;
  readonly maxTokens: number;
}

/** What lies in a folder, without its weights. Kinds: not-found, bad-file, bad-config, unsupported (another architecture or pooling). */
export function inspectEncoder(given: string): EncoderFiles {
  const path = resolve(given);
  if (!existsSync(join(path, 'config.json'))) {
    throw new LoupeError('not-found', `${given} holds no config.json. Name the folder of a sentence encoder: config.json, model.safetensors, tokenizer.json.`);
  }
  const raw = readJsonFile(join(path, 'config.json'), smallFile);
  const modelType = typeof raw === 'object' && raw !== null ? (raw as { model_type?: unknown }).model_type : undefined;
  const family = encoderFamily(modelType, join(path, 'config.json'));
  const config = family.readHuggingFace(raw, basename(path));
  refuseOtherPooling(path);
  return { path, family, config, maxTokens: Math.min(config.positions, sentenceLength(path) ?? config.positions) };
}

function optional<T>(path: string, schema: z.ZodType<T>): T | null {
  return existsSync(path) ? parseConfig(schema, readJsonFile(path, smallFile), path) : null;
}

/** A vector pooled in another way would be plausible, and not what the encoder was trained for. */
function refuseOtherPooling(path: string): void {
  const pooling = optional(join(path, '1_Pooling', 'config.json'), poolingSchema);
  if (pooling !== null && !pooling.pooling_mode_mean_tokens) {
    throw new LoupeError('unsupported', `${path} does not pool by the mean of its tokens (1_Pooling/config.json), which is the one way that Loupe computes. Choose another encoder.`);
  }
}

function sentenceLength(path: string): number | null {
  return optional(join(path, 'sentence_bert_config.json'), sentenceSchema)?.max_seq_length ?? null;
}

function tokenizerOf(path: string): Tokenizer {
  if (existsSync(join(path, 'tokenizer.json')) || !existsSync(join(path, 'vocab.txt'))) return loadTokenizer(path);
  return loadWordPieceVocabulary(path);
}

/**
 * Loads the encoder in the folder `given` on the active backend. Kinds: not-found, bad-file, bad-config, mismatch (shapes), not-finite,
 * unsupported.
 */
export async function loadEncoder(given: string): Promise<SentenceEncoder> {
  await tf.ready();
  const { path, family, config, maxTokens } = inspectEncoder(given);
  const tokenizer = tokenizerOf(path);
  if (tokenizer.vocab > config.vocab) throw new LoupeError('mismatch', `${path}: the tokenizer has ${tokenizer.vocab} tokens, and the encoder's config ${config.vocab}. Fetch the folder again.`);
  const source = huggingFaceSource(path);
  const loader = new Loader(source);
  try {
    const files = readdirSync(path).filter((file) => /^model.*\.safetensors$/u.test(file)).sort().map((file) => join(path, file));
    const hash = createHash('sha256').update(JSON.stringify([modelHash(source, files), tokenizer.hash, maxTokens, 'mean'])).digest('hex');
    return new LoadedEncoder(config, maxTokens, hash, tokenizer, family.load(loader, config));
  } catch (error) {
    tf.dispose([...loader.made]);
    throw error;
  } finally {
    source.close();
  }
}

class LoadedEncoder implements SentenceEncoder {
  readonly name: string;
  readonly dim: number;
  readonly maxTokens: number;
  readonly hash: string;
  readonly #config: EncoderConfig;
  readonly #tokenizer: Tokenizer;
  readonly #body: EncoderBody;
  #disposed = false;

  constructor(config: EncoderConfig, maxTokens: number, hash: string, tokenizer: Tokenizer, body: EncoderBody) {
    this.name = config.name;
    this.dim = config.dModel;
    this.maxTokens = maxTokens;
    this.hash = hash;
    this.#config = config;
    this.#tokenizer = tokenizer;
    this.#body = body;
  }

  encode(texts: readonly string[]): Float32Array {
    if (this.#disposed) throw new LoupeError('disposed', `the encoder ${this.name} was disposed. Load it again.`);
    const out = new Float32Array(texts.length * this.dim);
    const ids = texts.map((text) => cut(this.#tokenizer.encode(text, { special: true }), this.maxTokens));
    for (const batch of paddedBatches(ids, this.#config.padTokenId)) {
      const hidden = this.#body.hidden(batch);
      const vectors = meanPooled(hidden, batch);
      const values = vectors.dataSync();
      tf.dispose([hidden, vectors]);
      batch.rows.forEach((row, i) => out.set(values.subarray(i * this.dim, (i + 1) * this.dim), row * this.dim));
    }
    return out;
  }

  dispose(): void {
    if (!this.#disposed) this.#body.dispose();
    this.#disposed = true;
  }
}

/**
 * hidden float32 [batch * length, d] -> unit vectors float32 [batch, d]: the mean over the tokens that are no padding, at length 1
 * (Reimers & Gurevych 2019, 1908.10084, section 3).
 */
export function meanPooled(hidden: Tensor2D, { batch, length, mask }: PaddedBatch): Tensor2D {
  return tf.tidy(() => {
    const d = hidden.shape[1];
    const kept = tf.tensor3d(mask, [batch, length, 1]);
    const summed = tf.sum(tf.mul(tf.reshape(hidden, [batch, length, d]), kept), 1);
    const mean = tf.divNoNan(summed, tf.sum(kept, 1));
    return tf.divNoNan(mean, tf.norm(mean, 2, 1, true)) as Tensor2D;
  });
}
