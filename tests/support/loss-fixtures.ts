/** Losses and gradients of dictionary_learning's trainers (tests/parity/losses_reference.py) beside those of our variants. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Weights } from '../../src/engine/sae/definition.ts';
import { variantById } from '../../src/engine/sae/registry.ts';
import { assertClose } from './closeness.ts';
import { lossGradients } from './gradients.ts';
import { batchOf, initContext, lossContext } from './variants.ts';

interface LossCase {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly weights: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;
}

export interface LossCases {
  readonly rows: number;
  readonly x: readonly number[];
  /** By variant, with a comma and more where there are several of it. */
  readonly cases: Readonly<Record<string, LossCase>>;
}

export function keptLossCases(): LossCases {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, '../parity/fixtures/losses.json'), 'utf8')) as LossCases;
}

/** Loss and gradients agree to a relative 1e-5 of each gradient's largest entry. */
export function assertLosses({ rows, x, cases }: LossCases): void {
  for (const [name, { fields, loss, gradients, weights }] of Object.entries(cases)) {
    tf.tidy(() => {
      const variant = variantById(name.split(',')[0]!);
      const config = variant.config.parse(fields) as Record<string, unknown>;
      const sizes = { dIn: x.length / rows, dSae: weights['wEnc']!.shape[0]! };
      const trained = Object.fromEntries(Object.entries(weights).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'float32')]));
      const buffers: Weights = variant.buffers?.(config, initContext(sizes)) ?? {};
      // p 0.6, half-way from 1 to 0.2
      const others = 'updatesDone' in buffers ? { ...buffers, updatesDone: tf.tensor1d([5]) } : buffers;
      const batch = batchOf(tf.tensor2d([...x], [rows, sizes.dIn]));
      const context = lossContext(sizes, { variance: 1 });
      assertClose(variant.loss({ ...others, ...trained }, batch, config, context).loss.dataSync(), [loss], 1e-5, `${name}: loss`);
      const ours = lossGradients(variant, trained, others, batch, config, context);
      for (const [key, theirs] of Object.entries(gradients)) {
        const largest = Math.max(...theirs.map(Math.abs));
        assert.ok(largest > 0, `${name}: ${key}`);
        assertClose(ours[key]!.dataSync().map((value) => value / largest), theirs.map((value) => value / largest), 1e-5, `${name}: ${key}`);
      }
    });
  }
}
