/** The tokens of a corpus in two files, for training and for validation: written once for a run, read by window. */
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic.ts';
import { readJson } from '../../formats/sae-lens.ts';
import { breathe } from '../../job.ts';
import { Random } from '../../random.ts';

/** Contexts of a forward pass: each position's token, and the one after it. */
export interface TokenContexts {
  /** int32 [batch * length] */
  readonly tokens: Int32Array;
  /** int32 [batch * length]; -1 where nothing is predicted */
  readonly targets: Int32Array;
  readonly batch: number;
  readonly length: number;
}

const aboutSchema = z.strictObject({ key: z.string(), vocab: z.int().min(1), train: z.int().min(0), valid: z.int().min(0), ends: z.int().min(0).nullable().default(null) });

/** Tokens in a file, uint16 where the vocabulary allows it, little-endian. */
class TokenFile {
  readonly length: number;
  readonly #fd: number;
  readonly #wide: boolean;

  constructor(path: string, wide: boolean) {
    this.length = statSync(path).size / (wide ? 4 : 2);
    this.#wide = wide;
    this.#fd = openSync(path, 'r');
  }

  /** int32 [count] from token `first` on. */
  read(first: number, count: number): Int32Array {
    const each = this.#wide ? 4 : 2;
    const bytes = new Uint8Array(count * each);
    const got = readSync(this.#fd, bytes, 0, bytes.length, first * each);
    if (got !== bytes.length) throw new LoupeError('bad-file', `the token file of this run ends early: delete its data folder and run it again`);
    return Int32Array.from(this.#wide ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export interface TokenSource {
  /** Documents' tokens, each ending with the token between documents. */
  readonly documents: () => AsyncIterable<Int32Array>;
  /** What validation takes, where the corpus says it itself; else it is the last of `documents`. */
  readonly heldOut?: () => AsyncIterable<Int32Array>;
  /** Where contexts begin at documents: the token that ends one. null: anywhere. */
  readonly ends?: number | null;
  readonly vocab: number;
  /** What the tokens depend on: corpus, tokenizer, seed, limit. */
  readonly key: string;
}

export class TokenFiles {
  readonly trainTokens: number;
  readonly validTokens: number;
  readonly #train: TokenFile;
  readonly #valid: TokenFile;
  readonly #ends: number | null;
  /** Where documents begin, in both files; read when first wanted. */
  readonly #starts = new Map<TokenFile, Int32Array>();

  private constructor(folder: string, wide: boolean, ends: number | null) {
    this.#ends = ends;
    this.#train = new TokenFile(join(folder, 'train.bin'), wide);
    this.#valid = new TokenFile(join(folder, 'valid.bin'), wide);
    [this.trainTokens, this.validTokens] = [this.#train.length, this.#valid.length];
  }

  /**
   * Opens the files in `folder`, or writes them: at most `limit` tokens, the last twentieth of them for validation (at most `mostValid`), or what the source
   * holds out itself.
   * Kind bad-request when there are too few for contexts of `context` tokens.
   */
  static async prepare(folder: string, source: TokenSource, { limit, mostValid, context }: Limits, signal?: AbortSignal): Promise<TokenFiles> {
    const path = join(folder, 'tokens.json');
    const wide = source.vocab > 65_536;
    const known = existsSync(path) ? aboutSchema.safeParse(readJson(path)) : null;
    if (known?.success !== true || known.data.key !== source.key) {
      const { train, valid } = await splitOf(source, { limit, mostValid, context }, signal);
      if (Math.min(train.length, valid.length) < context + 1) {
        throw new LoupeError('bad-request', `data: the corpus gives ${train.length + valid.length} tokens${source.heldOut === undefined ? '' : ` (${valid.length} of them held out)`}, and training and validation need a context of ${context} and one token more each: give more text, or lower context.`);
      }
      mkdirSync(folder, { recursive: true });
      writeFileAtomic(join(folder, 'train.bin'), packed(train, wide));
      writeFileAtomic(join(folder, 'valid.bin'), packed(valid, wide));
      writeJsonAtomic(path, { key: source.key, vocab: source.vocab, train: train.length, valid: valid.length, ends: source.ends ?? null });
    }
    return new TokenFiles(folder, wide, source.ends ?? null);
  }

  /** The validation tokens of a run's `folder`, int32, and where contexts of `length` begin among them (null: anywhere); null where it has none. */
  static validationOf(folder: string, length = 1): { readonly tokens: Int32Array; readonly starts: Int32Array | null } | null {
    const path = join(folder, 'tokens.json');
    const about = existsSync(path) ? aboutSchema.safeParse(readJson(path)) : null;
    if (about?.success !== true || !existsSync(join(folder, 'valid.bin'))) return null;
    const file = new TokenFile(join(folder, 'valid.bin'), about.data.vocab > 65_536);
    try {
      const tokens = file.read(0, file.length);
      return { tokens, starts: startsIn(tokens, about.data.ends, length) };
    } finally {
      file.close();
    }
  }

  /** Contexts at seeded random places, the same for the same seed, step and part of the step. */
  batch(seed: number, step: number, part: number, batch: number, length: number): TokenContexts {
    const random = Random.from(seed, `contexts of step ${step}, part ${part}`);
    const starts = this.#documentStarts(this.#train, length);
    return gather(this.#train, Array.from({ length: batch }, () => (starts === null ? random.integer(this.trainTokens - length) : starts[random.integer(starts.length)]!)), length);
  }

  /** The validation tokens in whole contexts, `batch` at a time; where contexts begin at documents, the first context of each. */
  *validation(batch: number, length: number): Generator<TokenContexts> {
    const starts = this.#documentStarts(this.#valid, length) ?? Int32Array.from({ length: Math.floor((this.validTokens - 1) / length) }, (_, i) => i * length);
    for (let first = 0; first < starts.length; first += batch) yield gather(this.#valid, [...starts.subarray(first, first + batch)], length);
  }

  /** Where documents begin that leave room for a context, int32; null where contexts begin anywhere. */
  #documentStarts(file: TokenFile, length: number): Int32Array | null {
    if (this.#ends === null) return null;
    const starts = this.#starts.get(file) ?? startsIn(file.read(0, file.length), this.#ends, length)!;
    this.#starts.set(file, starts);
    return starts;
  }

  close(): void {
    this.#train.close();
    this.#valid.close();
  }
}

/** Where documents begin that leave room for a context and what follows it, int32; null without a token that ends them. */
function startsIn(tokens: Int32Array, ends: number | null, length: number): Int32Array | null {
  if (ends === null) return null;
  const found = [0];
  tokens.forEach((token, at) => {
    if (token === ends && at + 1 + length < tokens.length) found.push(at + 1);
  });
  return Int32Array.from(found);
}

function gather(file: TokenFile, starts: readonly number[], length: number): TokenContexts {
  const tokens = new Int32Array(starts.length * length);
  const targets = new Int32Array(starts.length * length);
  starts.forEach((start, row) => {
    const window = file.read(start, length + 1);
    tokens.set(window.subarray(0, length), row * length);
    targets.set(window.subarray(1), row * length);
  });
  return { tokens, targets, batch: starts.length, length };
}

function packed(tokens: Int32Array, wide: boolean): Uint8Array {
  return new Uint8Array((wide ? Uint32Array.from(tokens) : Uint16Array.from(tokens)).buffer);
}

interface Limits {
  readonly limit: number;
  readonly mostValid: number;
  readonly context: number;
}

/** Tokens to train on and to validate by, int32 each. */
async function splitOf(source: TokenSource, { limit, mostValid, context }: Limits, signal?: AbortSignal): Promise<{ readonly train: Int32Array; readonly valid: Int32Array }> {
  const tokens = await collect(source.documents(), limit, signal);
  if (source.heldOut !== undefined) return { train: tokens, valid: await collect(source.heldOut(), mostValid, signal) };
  const valid = Math.min(mostValid, Math.max(context + 1, Math.floor(tokens.length / 20)));
  return { train: tokens.subarray(0, Math.max(0, tokens.length - valid)), valid: tokens.subarray(Math.max(0, tokens.length - valid)) };
}

/** All tokens up to the limit, int32. */
async function collect(documents: AsyncIterable<Int32Array>, limit: number, signal?: AbortSignal): Promise<Int32Array> {
  let all = new Int32Array(1 << 16);
  let length = 0;
  let pause = 0;
  for await (const tokens of documents) {
    const wanted = Math.min(tokens.length, limit - length);
    if (length + wanted > all.length) {
      const larger = new Int32Array(Math.max(2 * all.length, length + wanted));
      larger.set(all.subarray(0, length));
      all = larger;
    }
    all.set(tokens.subarray(0, wanted), length);
    length += wanted;
    if (length >= limit) break;
    if (length - pause > 1 << 16) {
      pause = length;
      await breathe();
      if (signal?.aborted === true) throw new LoupeError('cancelled', 'stopped while the corpus was read; run it again to begin anew');
    }
  }
  return all.subarray(0, length);
}
