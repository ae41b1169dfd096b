/** A character model out of any kind of layer, small and in stock ops, for checks that need a whole stack and no run folder. */
import { readFileSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { AnyLayerKind, ModelSize, Specs } from '../../src/engine/lm/layers/definition.ts';
import { preNorm } from '../../src/engine/lm/layers/pre-norm.ts';
import { normal } from '../../src/engine/lm/layers/starts.ts';
import type { Linear } from '../../src/engine/lm/definition.ts';
import { crossEntropySum } from '../../src/engine/ops/cross-entropy.ts';
import type { Random } from '../../src/engine/random.ts';
import { watchedPass } from './layer-pass.ts';
import { startWeights } from './layer-weights.ts';
import type { Named } from './layer-training.ts';
import { embed, normalise } from './toy-domains.ts';

/** The pages of docs/ as tokens of a vocabulary of 97: printable ASCII, the line's end, and all else as one. */
export function docsTokens(): Int32Array {
  const folder = new URL('../../docs/', import.meta.url);
  const text = readdirSync(folder).filter((name) => name.endsWith('.md')).sort().map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  return Int32Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    return code >= 32 && code < 127 ? code - 32 : code === 10 ? 95 : 96;
  });
}

export const characters = 97;

/** `batch` windows of `length` + 1 tokens. */
export function windows(tokens: Int32Array, batch: number, length: number, random: Random): { readonly inputs: Int32Array; readonly targets: Int32Array } {
  const starts = Array.from({ length: batch }, () => random.integer(tokens.length - length - 1));
  const part = (offset: number): Int32Array => Int32Array.from(starts.flatMap((from) => [...tokens.subarray(from + offset, from + offset + length)]));
  return { inputs: part(0), targets: part(1) };
}

export interface TinyModel {
  readonly kind: AnyLayerKind;
  readonly config: unknown;
  readonly size: ModelSize;
}

/** Weights by name, those of block 3 behind "3/". */
export function tinyWeights({ kind, config, size }: TinyModel, random: Random): Named {
  const block = (kind.block?.(config) ?? preNorm).parameters(size);
  const matrix = (shape: number[]): Specs[string] => ({ shape, start: normal(0.1), decay: true });
  const ends: Specs = { wE: matrix([size.vocab, size.dModel]), wPos: matrix([size.context, size.dModel]), wU: matrix([size.dModel, size.vocab]) };
  const blocks = Array.from({ length: size.layers }, (_, layer) => Object.entries({ ...block, ...kind.parameters(config, size, layer) }).map(([name, spec]) => [`${layer}/${name}`, spec] as const));
  return startWeights({ ...ends, ...Object.fromEntries(blocks.flat()) }, random);
}

function attention(x: Tensor2D, qkv: Linear, out: Linear, { heads, context, dModel }: ModelSize): Tensor2D {
  const map = (value: Tensor2D, { weight, bias }: Linear): Tensor2D => (bias === null ? tf.matMul(value, weight) : tf.add(tf.matMul(value, weight), bias)) as Tensor2D;
  const batch = x.shape[0] / context;
  const [q, k, v] = tf.split(map(x, qkv), 3, 1).map((part) => tf.transpose(tf.reshape(part, [batch, context, heads, dModel / heads]), [0, 2, 1, 3])) as [Tensor, Tensor, Tensor];
  const mask = tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([context, context]), -1, 0)), -1e9);
  const pattern = tf.softmax(tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(dModel / heads)), mask), 3);
  return map(tf.reshape(tf.transpose(tf.matMul(pattern, v), [0, 2, 1, 3]), [batch * context, dModel]) as Tensor2D, out);
}

/** Mean loss in nats, with auxiliary losses when training; `see` gets every hook's value by layer. */
export function tinyLoss({ kind, config, size }: TinyModel, weights: Named, { inputs, targets }: { readonly inputs: Int32Array; readonly targets: Int32Array }, see?: (layer: number, hook: string, value: Tensor2D) => void): Scalar {
  const positions = inputs.map((_, i) => i % size.context);
  let x = tf.add(embed(weights['wE'] as Tensor2D, inputs), embed(weights['wPos'] as Tensor2D, positions)) as Tensor2D;
  const form = kind.block?.(config) ?? preNorm;
  let auxiliary: Tensor = tf.scalar(0);
  const left = new Map<string, Tensor>();
  for (let layer = 0; layer < size.layers; layer++) {
    const own = Object.fromEntries(Object.entries(weights).filter(([name]) => name.startsWith(`${layer}/`)).map(([name, value]) => [name.slice(name.indexOf('/') + 1), value]));
    const at = (hook: string, value: Tensor2D): Tensor2D => (see?.(layer, hook, value), value);
    const pass = { ...watchedPass({ layer, training: see === undefined, left }), at };
    x = form.apply(x, own, (read) => {
      const { y, losses } = kind.forward(read, own, config, pass, size);
      for (const [name, loss] of Object.entries(losses)) auxiliary = tf.add(auxiliary, tf.mul(loss, kind.lossWeights!(config)[name]!));
      return y;
    }, {
      size, finished: false, at,
      norm: (name, value) => tf.add(tf.mul(normalise(value), own[`${name}.weight`]!), own[`${name}.bias`]!),
      attend: (value, qkv, out) => attention(value, qkv, out, size),
    });
  }
  const loss = tf.div(crossEntropySum(tf.matMul(normalise(x), weights['wU'] as Tensor2D), targets), targets.length);
  return (see === undefined ? tf.add(loss, auxiliary) : loss) as Scalar;
}
