/** The layer of a dense GPT's block as a MoE-X layer, under the names that both kinds give their parameters. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import type { Random } from '../../../random.ts';
import type { Weights } from '../definition.ts';
import { upcycle } from './upcycle.ts';
import type { Upcycling } from './upcycle.ts';

/** Our choice: noise of 2 % breaks ties, and nothing else moves. A shift of 0.1 spreads the scores, at the price of a layer that starts further from the dense one. */
export const upcyclingDefaults = { noise: 0.02, shift: 0 } as const;

/**
 * Parameters `mlp.wEnc` .. of a block from `mlp.in.weight` [dModel, width] .. of another; new tensors of the caller's. An expert is as wide as the dense MLP. Kind
 * unsupported for a gated MLP, mismatch where there is none.
 */
export function upcycleBlock(dense: Weights, settings: Upcycling, random: Random): Weights {
  if (dense['mlp.gate.weight'] !== undefined) throw new LoupeError('unsupported', 'the dense MLP is gated: experts are plain, so up-cycle a model with relu or gelu');
  const [wIn, wOut] = [dense['mlp.in.weight'], dense['mlp.out.weight']] as (Tensor2D | undefined)[];
  if (wIn === undefined || wOut === undefined) throw new LoupeError('mismatch', "the block has no mlp.in.weight and mlp.out.weight: up-cycle a model of the kind 'dense'");
  const bias = (name: string): Tensor1D | null => (dense[name] as Tensor1D | undefined) ?? null;
  const turned = tf.transpose(wIn);
  const { wEnc, bEnc, wDec, bDec } = upcycle({ wIn: turned, bIn: bias('mlp.in.bias'), wOut, bOut: bias('mlp.out.bias') }, settings, random);
  turned.dispose();
  return { 'mlp.wEnc': wEnc, ...(bEnc === null ? {} : { 'mlp.bEnc': bEnc }), 'mlp.wDec': wDec, ...(bDec === null ? {} : { 'mlp.bDec': bDec }) };
}
