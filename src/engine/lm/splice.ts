/**
 * Splicing: the activation at a hook is replaced by another, and the rest of the model says what that costs (metrics.md section 4).
 *
 *     const splice = spliceAt(model, batch, 'blocks.9.hook_resid_post');
 *     splice.crossEntropy;                         // of the model as it is
 *     splice.replaced(dictionary(splice.x));       // { crossEntropy, kl } with the reconstruction in its place
 *     splice.dispose();
 *
 * Only rows that count are replaced; the others keep their activation. Each replacement runs the blocks from the hook on alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { scoped } from '../ops/scope.ts';
import type { HookEdit, LanguageModel, RunOptions } from './definition.ts';

/** Contexts that are run together. */
export interface TokenBatch {
  /** int32 [batch * length] */
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly length: number;
  /** 1 where a row counts: it is replaced, and the token after it is scored. uint8 [batch * length]. */
  readonly mask: Uint8Array;
  /** Document of each token, int32 [batch * length], where attention stays within documents. */
  readonly documents?: Int32Array;
}

/** What the model predicts at the scored rows, in nats. */
export interface SplicedFigures {
  /** -log p(next token), float32 [scored] */
  readonly crossEntropy: Float32Array;
  /** KL(original || spliced) over the vocabulary, float32 [scored] */
  readonly kl: Float32Array;
}

export interface Splice {
  /** Rows that count, row = context * length + position: int32 [counted]. */
  readonly counted: Int32Array;
  /** Those of them whose next token is scored: all but a context's (an isolated document's) last. int32 [scored] */
  readonly scored: Int32Array;
  /** The activations there, heads side by side: float32 [counted, d]. */
  readonly x: Float32Array;
  readonly d: number;
  /** -log p(next token) of the model as it is, in nats: float32 [scored]. */
  readonly crossEntropy: Float32Array;
  /** Runs the rest of the model with y float32 [counted, d] in place of x. Kind mismatch for another length. */
  replaced(y: Float32Array): SplicedFigures;
  dispose(): void;
}

/**
 * The first block that a change at `hook` reaches, and whether the hook's value is that block's input; null for hooks of the
 * embedding, which lie before every block.
 */
export function startOf(hook: string, layers: number): { readonly layer: number; readonly isInput: boolean } | null {
  const [, block, name] = /^blocks\.(\d+)\.(.+)$/.exec(hook) ?? [];
  if (name === undefined) return hook.startsWith('ln_final.') ? { layer: layers, isInput: false } : null;
  if (name === 'hook_resid_post') return { layer: Number(block) + 1, isInput: true };
  return { layer: Number(block), isInput: name === 'hook_resid_pre' };
}

/** The hook whose value is the residual stream that the first block behind `hook` is given; null where the whole model must run. */
export function residualHook(hook: string, layers: number): string | null {
  const start = startOf(hook, layers);
  if (start === null) return null;
  return start.layer < layers ? `blocks.${start.layer}.hook_resid_pre` : `blocks.${layers - 1}.hook_resid_post`;
}

/** How a pass goes on with `value` [batch, length, ...] at `hook`; `residual` is the value at `residualHook`, [batch, length, dModel]. */
export function continueWith(hook: string, value: Tensor, residual: Tensor | null, layers: number): Pick<RunOptions, 'start' | 'edits'> {
  const start = startOf(hook, layers);
  if (start?.isInput === true) return { start: { layer: start.layer, residual: value } };
  const edit: HookEdit = { hook, kind: 'replace', value };
  return start === null || residual === null ? { edits: [edit] } : { edits: [edit], start: { layer: start.layer, residual } };
}

/** Rows whose mask is 1: int32 [counted]. */
export function countedRows(mask: Uint8Array): Int32Array {
  const rows: number[] = [];
  mask.forEach((value, row) => value !== 0 && rows.push(row));
  return Int32Array.from(rows);
}

/** The counted rows with a token after them in the same context, and the same document where attention stays within it: int32 [scored]. */
export function scoredRows({ length, documents }: TokenBatch, counted: Int32Array): Int32Array {
  return counted.filter((row) => (row + 1) % length !== 0 && (documents === undefined || documents[row] === documents[row + 1]));
}

/** log p float32 [scored, vocab] out of logits float32 [batch, length, vocab], which are freed. */
export function logProbabilities(logits: Tensor, scored: Int32Array): Tensor2D {
  const result = tf.tidy(() => {
    const rows = tf.reshape(logits, [-1, logits.shape.at(-1)!]) as Tensor2D;
    return tf.logSoftmax(tf.gather(rows, tf.tensor1d(scored, 'int32'))) as Tensor2D;
  });
  logits.dispose();
  return result;
}

/** -log p of the targets, float32 [scored]. logP float32 [scored, vocab], targets int32 [scored]. */
export function negativeLogLikelihood(logP: Tensor2D, targets: Int32Array): Float32Array {
  return scoped(() => {
    const at = new Int32Array(targets.length * 2);
    targets.forEach((target, i) => at.set([i, target], 2 * i));
    return tf.neg(tf.gatherND(logP, tf.tensor2d(at, [targets.length, 2], 'int32'))).dataSync<'float32'>();
  });
}

/** Rows of log p that are compared at once: the products of whole batches would take several times the logits' memory. */
const blockRows = 256;

/** sum p (log p - log q) of each row, float32 [scored], from log p and log q float32 [scored, vocab]. */
export function klDivergence(logP: Tensor2D, logQ: Tensor2D): Float32Array {
  const [rows, vocab] = logP.shape;
  const out = new Float32Array(rows);
  for (let first = 0; first < rows; first += blockRows) {
    const size: [number, number] = [Math.min(blockRows, rows - first), vocab];
    const part = scoped(() => {
      const [p, q] = [logP, logQ].map((all) => tf.slice(all, [first, 0], size)) as [Tensor, Tensor];
      return tf.sum(tf.mul(tf.exp(p), tf.sub(p, q)), 1).dataSync<'float32'>();
    });
    out.set(part, first);
  }
  return out;
}

/** Everything of the original pass that the replacements need. */
class OpenSplice implements Splice {
  readonly counted: Int32Array;
  readonly scored: Int32Array;
  readonly x: Float32Array;
  readonly d: number;
  readonly crossEntropy: Float32Array;
  readonly #model: LanguageModel;
  readonly #batch: TokenBatch;
  readonly #hook: string;
  readonly #targets: Int32Array;
  /** The value at the hook with every row, float32 [batch * length, d], and its shape in the pass. */
  readonly #all: Float32Array;
  readonly #shape: number[];
  readonly #residual: Tensor | null;
  readonly #logP: Tensor2D;

  constructor(model: LanguageModel, batch: TokenBatch, hook: string) {
    const { tokens, length } = batch;
    this.#model = model;
    this.#batch = batch;
    this.#hook = hook;
    this.d = model.hookWidth(hook);
    this.counted = countedRows(batch.mask);
    this.scored = scoredRows(batch, this.counted);
    if (this.scored.length === 0) throw new LoupeError('bad-request', `no row of the ${tokens.length / length} contexts counts and has a next token: give longer contexts.`);
    this.#targets = Int32Array.from(this.scored, (row) => tokens[row + 1]!);
    const start = residualHook(hook, model.config.layers);
    const { logits, cache } = this.#run({ names: [...new Set([hook, start ?? hook])] });
    const value = cache.get(hook)!;
    this.#residual = start === null ? null : cache.get(start)!;
    this.#shape = value.shape;
    this.#all = value.dataSync<'float32'>();
    if (value !== this.#residual) value.dispose();
    this.x = new Float32Array(this.counted.length * this.d);
    this.counted.forEach((row, i) => this.x.set(this.#all.subarray(row * this.d, (row + 1) * this.d), i * this.d));
    this.#logP = logProbabilities(logits, this.scored);
    this.crossEntropy = negativeLogLikelihood(this.#logP, this.#targets);
  }

  replaced(y: Float32Array): SplicedFigures {
    if (y.length !== this.x.length) {
      throw new LoupeError('mismatch', `the replacement at ${this.#hook} has ${y.length} numbers for ${this.counted.length} rows of ${this.d}.`);
    }
    const full = this.#all.slice();
    this.counted.forEach((row, i) => full.set(y.subarray(i * this.d, (i + 1) * this.d), row * this.d));
    const value = tf.tensor(full, this.#shape);
    const { logits } = this.#run(continueWith(this.#hook, value, this.#residual, this.#model.config.layers));
    value.dispose();
    const logQ = logProbabilities(logits, this.scored);
    const figures = { crossEntropy: negativeLogLikelihood(logQ, this.#targets), kl: klDivergence(this.#logP, logQ) };
    logQ.dispose();
    return figures;
  }

  dispose(): void {
    this.#residual?.dispose();
    this.#logP.dispose();
  }

  #run(options: RunOptions): { readonly logits: Tensor3D; readonly cache: ReadonlyMap<string, Tensor> } {
    const { tokens, batch, length, documents } = this.#batch;
    const { logits, cache } = this.#model.run(tokens, batch, length, { ...options, ...(documents === undefined ? {} : { documents }) });
    return { logits: logits as Tensor3D, cache };
  }
}

/**
 * Runs the model once over the contexts and makes ready for replacements at `hook`, which has one vector a token. Its figures and those of
 * every replacement hold log p of the scored rows, 4 * scored * vocab bytes twice: choose `batch` by that.
 *
 * Kinds: not-found (an unknown hook), unsupported (attention scores and patterns), bad-request (nothing to score).
 */
export function spliceAt(model: LanguageModel, batch: TokenBatch, hook: string): Splice {
  return new OpenSplice(model, batch, hook);
}
