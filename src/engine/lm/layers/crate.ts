/** CRATE: attention that compresses tokens into subspaces, and a step of sparse coding in the place of the MLP (Yu et al. 2023, arXiv 2306.01129). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dictionaryStart, istaBlock, overcompleteCodes, readOut } from './crate/ista.ts';
import { nonZeroMean } from './crate/measures.ts';
import { codingStudy } from './crate/study.ts';
import { defineLayer } from './definition.ts';
import type { BlockForm } from './definition.ts';
import { normSpecs } from './pre-norm.ts';
import { normal, outputStd, weightStd, zeros } from './starts.ts';

const config = z.strictObject({
  overcomplete: z.int().min(1).max(64).default(1)
    .describe('Atoms of the dictionary as a multiple of the width: 1 is the published block, whose code is the new stream; above it the code starts at 0 and is read out into the stream').meta({ unit: '1' }),
  eta: z.number().min(1e-6).max(10).default(0.1).describe('Step size of the sparse coding').meta({ unit: '1' }),
  lambda: z.number().min(0).max(10).default(0.1).describe('Weight of the code in the sparse coding: what is pushed to 0').meta({ unit: '1' }),
  steps: z.int().min(1).max(64).default(1).describe('Steps of the sparse coding, of the overcomplete block').meta({ unit: 'steps' }),
});

type CrateConfig = z.infer<typeof config>;

/** x + MSSA(LN x), one projection three times over; then the layer on LN of it, which replaces the stream or, overcomplete, is added to it. */
function crateBlock({ overcomplete }: CrateConfig): BlockForm {
  return {
    parameters({ dModel, layers }) {
      return {
        ...normSpecs('ln1', dModel),
        'attn.subspaces.weight': { shape: [dModel, dModel], start: normal(weightStd), decay: true },
        'attn.out.weight': { shape: [dModel, dModel], start: normal(outputStd(layers)), decay: true },
        'attn.out.bias': { shape: [dModel], start: zeros, decay: false },
        ...normSpecs('ln2', dModel),
      };
    },
    apply(x, weights, layer, tools) {
      const normed = tools.norm('ln1', x);
      if (tools.finished) return x;
      const shared = weights['attn.subspaces.weight'] as Tensor2D;
      const qkv = { weight: tf.concat([shared, shared, shared], 1), layout: 'in-out', bias: null } as const;
      const out = { weight: weights['attn.out.weight'] as Tensor2D, layout: 'in-out', bias: weights['attn.out.bias'] as Tensor1D } as const;
      const mid = tools.at('hook_resid_mid', tf.add(x, tools.at('hook_attn_out', tools.attend(normed, qkv, out))));
      if (tools.finished) return x;
      const read = tools.norm('ln2', mid);
      if (tools.finished) return x;
      const y = tools.at('hook_mlp_out', layer(read));
      return overcomplete === 1 ? y : tf.add(mid, y);
    },
  };
}

export const crate = defineLayer({
  id: 'crate',
  title: 'CRATE',
  paper: 'Yu et al. 2023, arXiv 2306.01129',
  config,
  problem: ({ overcomplete, steps }) => (steps > 1 && overcomplete === 1 ? `steps is ${steps}: the published block takes one, so choose 1 or a dictionary that is overcomplete` : null),
  block: crateBlock,
  parameters: ({ overcomplete }, { dModel }) => ({ 'mlp.dictionary': { shape: [dModel, overcomplete * dModel], start: dictionaryStart, decay: true } }),
  forward(x, weights, own, pass) {
    const dictionary = weights['mlp.dictionary'] as Tensor2D;
    const codes = pass.at('mlp.hook_post', own.overcomplete === 1 ? istaBlock(x, dictionary, own) : overcompleteCodes(x, dictionary, own, own.steps));
    return { y: own.overcomplete === 1 ? codes : readOut(codes, dictionary), losses: {}, figures: { nonZero: nonZeroMean(codes) } };
  },
  presets: { 'paper-base': { size: { layers: 12, dModel: 768, heads: 12, context: 1024, vocab: 50_257 } } },
  units: ({ overcomplete }, { dModel }) => overcomplete * dModel,
  // Its step runs in stock ops.
  held: ({ overcomplete }, { dModel }) => 10 * overcomplete * dModel,
  study: (_own, { heads }) => codingStudy(heads),
  unitNames: () => ({ pattern: 'atom {n}', width: null }),
  // The published block's code is the new stream; above it atoms are read out into the stream.
  writes: (weights, { overcomplete }, { dModel }) => ({ rows: overcomplete === 1 ? tf.eye(dModel) : tf.transpose(weights['mlp.dictionary'] as Tensor2D), bias: null }),
  hooks: () => [],
  active: ({ overcomplete }, { dModel }) => overcomplete * dModel ** 2,
});
