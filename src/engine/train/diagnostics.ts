/** How a training is doing, beside its loss: why latents are dead, whether thresholds move, whether decoder rows keep their norm. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../ops/scope.ts';
import { variantById } from '../sae/registry.ts';
import type { ResolvedTraining, TrainConfig } from './config.ts';
import type { Trainer } from './trainer.ts';
import { Watch } from './warnings.ts';

/** What is measured at each logged step, by the names of shared/metrics.ts. */
export interface Figures {
  /** Share of latents that have not fired for the dead window. */
  readonly dead: number;
  /** Share of latents that are dead and have not fired since the run began. */
  readonly deadNever: number;
  /** Share of latents that are dead and fired before. */
  readonly deadStopped: number;
  /** Largest distance of a decoder row's norm from 1, where rows are kept there. */
  readonly decoderDrift?: number;
  /** Mean change of a threshold since the last logged step, as a share of its mean size. */
  readonly thresholdMoved?: number;
}

export class Diagnostics {
  readonly #unitDecoder: boolean;
  readonly #deadWindow: number;
  readonly #watch: Watch;
  #threshold: Float32Array | null = null;
  /** Every warning so far, with the step that it came at. */
  readonly said: { readonly step: number; readonly words: string }[] = [];

  constructor(config: TrainConfig, resolved: ResolvedTraining) {
    this.#unitDecoder = variantById(config.variant).unitDecoder;
    this.#deadWindow = resolved.deadWindow;
    this.#watch = new Watch({ steps: config.steps, dSae: config.dSae, targetL0: targetL0(config), lr: resolved.lr });
  }

  /** Measures a trainer after `tokensSeen` tokens. */
  look(trainer: Trainer, tokensSeen: number): Figures {
    const since = trainer.sinceFired();
    let [dead, never] = [0, 0];
    for (const tokens of since) {
      dead += Number(tokens >= this.#deadWindow);
      never += Number(tokens >= this.#deadWindow && tokens >= tokensSeen);
    }
    const n = since.length;
    return { dead: dead / n, deadNever: never / n, deadStopped: (dead - never) / n, ...this.#weights(trainer) };
  }

  /** Warnings, in words, that a logged row gives rise to for the first time. */
  warnings(step: number, row: Readonly<Record<string, number | undefined>>): readonly string[] {
    const found = this.#watch.add(step, row);
    for (const words of found) this.said.push({ step, words });
    return found;
  }

  /** The last warning, in words, or null. */
  get latest(): string | null {
    return this.said.at(-1)?.words ?? null;
  }

  #weights(trainer: Trainer): Pick<Figures, 'decoderDrift' | 'thresholdMoved'> {
    return scoped(() => {
      const weights = trainer.weights();
      const wDec = weights['wDec'] as Tensor2D | undefined;
      const drift = this.#unitDecoder && wDec !== undefined ? tf.max(tf.abs(tf.sub(tf.norm(wDec, 2, 1), 1))).dataSync()[0]! : undefined;
      const moved = weights['threshold'] === undefined ? undefined : this.#moved(weights['threshold']);
      return { ...(drift === undefined ? {} : { decoderDrift: drift }), ...(moved === undefined ? {} : { thresholdMoved: moved }) };
    });
  }

  #moved(threshold: Tensor): number | undefined {
    const now = Float32Array.from(threshold.dataSync());
    const before = this.#threshold;
    this.#threshold = now;
    if (before?.length !== now.length) return undefined;
    let [change, size] = [0, 0];
    now.forEach((value, j) => {
      change += Math.abs(value - before[j]!);
      size += Math.abs(value);
    });
    return size === 0 ? change : change / size;
  }
}

/** Latents a token that a config asks for, or null where only a penalty holds them down, or where k is a limit alone. */
function targetL0(config: TrainConfig): number | null {
  if (variantById(config.variant).trainer !== undefined) return null;
  for (const name of ['targetL0', 'k']) if (typeof config[name] === 'number') return config[name];
  return null;
}
