/** The MLP of a block: plain (act(x W + b) W' + b') or gated (act(x G) * (x W), then W'; Shazeer 2020, 2002.05202). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { activate } from './activations.ts';
import type { Architecture, BlockWeights, ModelConfig } from './definition.ts';
import { canFuse, fusedSiluGate } from './fused.ts';
import type { HookRun } from './hook-run.ts';
import { applyLinear, splitColumns } from './linear.ts';

/** x float32 [rows, dModel], normed -> the MLP's output, float32 [rows, dModel]. `prefix` is "blocks.3.". */
export function applyMlp(x: Tensor2D, weights: BlockWeights, kind: Architecture['mlp'], config: ModelConfig, run: HookRun, prefix: string): Tensor2D {
  const hidden = applyLinear(x, weights.mlpIn, run);
  const post = kind === 'gated' ? gated(hidden, config, run, prefix) : activate(run.at(`${prefix}mlp.hook_pre`, hidden), config.activation);
  return applyLinear(run.at(`${prefix}mlp.hook_post`, post), weights.mlpOut, run);
}

function gated(hidden: Tensor2D, config: ModelConfig, run: HookRun, prefix: string): Tensor2D {
  const touched = run.touchesAny(`${prefix}mlp.`, ['hook_pre', 'hook_pre_linear']);
  if (config.activation === 'silu' && !touched && canFuse('LoupeSiluGate', run)) return fusedSiluGate(hidden);
  const [gate, linear] = splitColumns(hidden, [config.dMlp, config.dMlp]) as [Tensor2D, Tensor2D];
  const opened = activate(run.at(`${prefix}mlp.hook_pre`, gate), config.activation);
  return tf.mul(opened, run.at(`${prefix}mlp.hook_pre_linear`, linear)) as Tensor2D;
}
