/** Reading a model's own description: config.json of Hugging Face, and the metadata of GGUF. */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { GgufValue } from '../formats/gguf.ts';
import type { DescribedConfig, ModelConfig } from './definition.ts';

/** A size that a hostile file cannot make absurd: weights are only allocated after their own file has them, but tables are made of these. */
export const size = z.number().int().positive().max(1 << 24);

/** Token ids that configs give as one number, a list, or nothing. */
export const tokenIds = z.union([z.number().int().nonnegative(), z.array(z.number().int().nonnegative())]).nullish();

/** All ids of a field. */
export function idList(value: z.infer<typeof tokenIds>): number[] {
  return value == null ? [] : Array.isArray(value) ? value : [value];
}

/** Kind bad-config names the field. */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LoupeError('bad-config', `${name}: config field ${issue.path.join('.') || '(root)'}: ${issue.message}.`);
}

/** Kind unsupported when `condition` holds: the option changes what the model computes, and Loupe would compute something else. */
export function refuseOption(condition: boolean, name: string, option: string): void {
  if (condition) throw new LoupeError('unsupported', `${name} is configured with ${option}, which Loupe does not compute.`);
}

/** Far above any published model; hook tables and rotary tables are made of these before a weight is read. */
const most = { layers: 4096, dHead: 65_536 } as const;

/** What a family leaves unsaid is as in most; a model's sizes must be sane and fit together: kind bad-config says which do not. */
export function checkedConfig(described: DescribedConfig): ModelConfig {
  const { name, layers, dHead, heads, kvHeads, rotaryDim = dHead } = described;
  for (const [field, limit] of Object.entries(most) as [keyof typeof most, number][]) {
    if (described[field] > limit) throw new LoupeError('bad-config', `${name}: ${field} is ${described[field]}, and Loupe takes at most ${limit}. Fetch the config again.`);
  }
  if (heads % kvHeads !== 0) throw new LoupeError('bad-config', `${name}: ${heads} heads cannot share ${kvHeads} key heads.`);
  const turns = rotaryDim % 2 === 0 && rotaryDim >= 2 && rotaryDim <= dHead;
  if (described.ropeTheta !== null && !turns) throw new LoupeError('bad-config', `${name}: of a head of ${dHead}, an even number can be rotated, not ${rotaryDim}.`);
  return {
    attnDivisor: Math.sqrt(dHead), attnSoftCap: null, logitSoftCap: null, windows: Array.from({ length: layers }, () => null), parallel: false, embeddingScale: 1,
    ...described, rotaryDim,
  };
}

/** The metadata of one architecture, read by key with the architecture's prefix. */
export class GgufFields {
  readonly architecture: string;
  readonly #metadata: ReadonlyMap<string, GgufValue>;
  readonly #name: string;

  constructor(metadata: ReadonlyMap<string, GgufValue>, name: string) {
    this.#metadata = metadata;
    this.#name = name;
    this.architecture = String(metadata.get('general.architecture'));
  }

  /** A number, the fallback where the key is missing; kind bad-config otherwise. `key` is without the prefix. */
  number(key: string, fallback?: number): number {
    const value = this.#metadata.get(`${this.architecture}.${key}`) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new LoupeError('bad-config', `${this.#name}: the metadata ${this.architecture}.${key} is ${JSON.stringify(value)}; a number is needed.`);
    }
    return value;
  }

  size(key: string, fallback?: number): number {
    return parseConfig(size, this.number(key, fallback), `${this.#name}: ${this.architecture}.${key}`);
  }

  flag(key: string, fallback: boolean): boolean {
    return parseConfig(z.boolean(), this.#metadata.get(`${this.architecture}.${key}`) ?? fallback, `${this.#name}: ${this.architecture}.${key}`);
  }

  text(key: string): string | null {
    const value = this.#metadata.get(`${this.architecture}.${key}`);
    return typeof value === 'string' ? value : null;
  }

  /** The vocabulary's size: said, or counted. */
  vocab(): number {
    const tokens = this.#metadata.get('tokenizer.ggml.tokens');
    return this.size('vocab_size', Array.isArray(tokens) ? tokens.length : undefined);
  }

  tokenId(key: string): number | null {
    const value = this.#metadata.get(`tokenizer.ggml.${key}`);
    return typeof value === 'number' ? value : null;
  }
}
