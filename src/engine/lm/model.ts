/** A loaded model: the decoder, its hooks, its tokenizer and its identity. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { ModelIdentity } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import { CachedContinuation } from './continuation.ts';
import { forward, type Decoder } from './decoder.ts';
import { checkExpertsOff, type ExpertsOff } from './experts/experts-off.ts';
import type { Continuation, DecoderWeights, GenerateOptions, LanguageModel, Linear, ModelConfig, Norm, OwnBlocks, RunOptions, RunResult } from './definition.ts';
import { generate } from './generate.ts';
import { runWithGradients, type Gradients } from './gradients.ts';
import { HookTable } from './hook-names.ts';
import { HookRun } from './hook-run.ts';
import { unitsAt, type HookUnits } from './units.ts';

function tensorsOf(weights: DecoderWeights): Set<Tensor> {
  const parts: (Norm | Linear)[] = [weights.lnFinal, ...weights.blocks.flatMap((block) => Object.values(block) as (Norm | Linear)[])];
  const all: (Tensor | null)[] = [weights.embedding, weights.positions, weights.unembedding, ...parts.flatMap(({ weight, bias }) => [weight, bias]), ...(weights.own?.blocks ?? []).flatMap((block) => Object.values(block)), ...(weights.own?.kept?.values() ?? [])];
  return new Set(all.filter((tensor) => tensor !== null));
}

function refuseUnreached({ names = [], stopAtLayer, start }: RunOptions, run: HookRun): void {
  const missing = names.find((name) => !run.cache.has(name));
  if (missing === undefined) return;
  const limits = [start === undefined ? null : `before the start at block ${start.layer}`, stopAtLayer === undefined ? null : `behind stopAtLayer ${stopAtLayer}`];
  throw new LoupeError('bad-request', `${missing} lies ${limits.filter((limit) => limit !== null).join(' or ')}: leave that out, or name hooks between.`);
}

export class DecoderModel implements LanguageModel {
  readonly config: ModelConfig;
  readonly identity: ModelIdentity;
  readonly tokenizer: Tokenizer;
  readonly hookNames: readonly string[];
  readonly #decoder: Decoder;
  readonly #table: HookTable;
  #unembedding: Tensor | null = null;
  #disposed = false;

  constructor(decoder: Decoder, identity: ModelIdentity, tokenizer: Tokenizer) {
    this.#decoder = decoder;
    this.#table = new HookTable(decoder.config, decoder.architecture);
    this.config = decoder.config;
    this.identity = identity;
    this.tokenizer = tokenizer;
    this.hookNames = this.#table.names;
  }

  hookWidth(name: string): number {
    const width = this.#table.width(name);
    if (width === null) throw new LoupeError('unsupported', `${name} holds a square of the context's length for each head, not numbers for each token.`);
    return width;
  }

  run(tokens: Int32Array, batch: number, length: number, options: RunOptions = {}): RunResult {
    this.#check(tokens, batch, length, options);
    const { stopAtLayer, documents, start } = options;
    const logits = (options.logits ?? true) && stopAtLayer === undefined;
    const run = new HookRun(this.#table, { batch, length }, { ...options, logits }, options.differentiable);
    try {
      const stopped = stopAtLayer !== undefined;
      const result = forward(this.#decoder, { tokens, batch, length, run, layers: stopAtLayer ?? this.config.layers, logits, stopped, documents, start });
      refuseUnreached(options, run);
      return { logits: result, cache: run.cache };
    } catch (error) {
      run.disposeCache();
      throw error;
    }
  }

  runWithGradients(
    tokens: Int32Array, batch: number, length: number, metric: (logits: Tensor) => Tensor, names: readonly string[], options: RunOptions = {},
  ): Gradients {
    this.#check(tokens, batch, length, options);
    return runWithGradients(this.#decoder, this.#table, tokens, batch, length, metric, names, options);
  }

  generate(prompt: Int32Array, options: GenerateOptions): Int32Array {
    this.#checkTokens(prompt);
    if (options.off !== undefined) checkExpertsOff(this.config, options.off);
    return generate(this.#decoder, this.#table, prompt, options);
  }

  continuation(texts = 1, off?: ExpertsOff): Continuation {
    this.#requireOpen();
    if (off !== undefined) checkExpertsOff(this.config, off);
    return new CachedContinuation(this.#decoder, this.#table, texts, off);
  }

  /** Made on first use: the weights keep it the other way round. */
  get unembedding(): Tensor {
    this.#requireOpen();
    return (this.#unembedding ??= tf.keep(tf.transpose(this.#decoder.weights.unembedding)));
  }

  get finalNormWeight(): Tensor {
    this.#requireOpen();
    return this.#decoder.weights.lnFinal.weight;
  }

  get own(): OwnBlocks | null {
    this.#requireOpen();
    return this.#decoder.weights.own ?? null;
  }

  units(hook: string): HookUnits {
    this.#requireOpen();
    return unitsAt(this.#decoder, hook);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tensorsOf(this.#decoder.weights).forEach((tensor) => tensor.dispose());
    this.#unembedding?.dispose();
  }

  #requireOpen(): void {
    if (this.#disposed) throw new LoupeError('disposed', `${this.config.name} was disposed and cannot be run any more.`);
  }

  #checkTokens(tokens: Int32Array): void {
    this.#requireOpen();
    const bad = tokens.findIndex((id) => id < 0 || id >= this.config.vocab);
    if (bad >= 0) throw new LoupeError('bad-request', `token ${bad} is ${tokens[bad]}, and ${this.config.name} has ${this.config.vocab} tokens.`);
  }

  #check(tokens: Int32Array, batch: number, length: number, { stopAtLayer, documents, start, off }: RunOptions): void {
    this.#checkTokens(tokens);
    if (off !== undefined) checkExpertsOff(this.config, off);
    const refuse = (message: string): never => {
      throw new LoupeError('bad-request', message);
    };
    if (batch < 1 || length < 1 || tokens.length !== batch * length) refuse(`${tokens.length} tokens are not ${batch} rows of ${length}.`);
    if (length > this.config.contextLength) refuse(`the length ${length} is over the context of ${this.config.name}, ${this.config.contextLength} tokens.`);
    const layers = this.config.layers;
    if (stopAtLayer !== undefined && !(Number.isInteger(stopAtLayer) && stopAtLayer >= 0 && stopAtLayer <= layers)) refuse(`stopAtLayer is ${stopAtLayer}: give 0 to ${layers}.`);
    if (documents !== undefined && documents.length !== tokens.length) refuse(`there are ${documents.length} document numbers for ${tokens.length} tokens.`);
    if (start === undefined) return;
    if (!(Number.isInteger(start.layer) && start.layer >= 0 && start.layer <= layers)) refuse(`start.layer is ${start.layer}: give 0 to ${layers}.`);
    const [found, wanted] = [start.residual.shape, [batch, length, this.config.dModel]].map((shape) => `[${shape.join(', ')}]`);
    if (found !== wanted) refuse(`start.residual has the shape ${found} and should have ${wanted}.`);
  }
}
