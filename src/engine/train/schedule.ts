/** The learning rate over a run: of dictionaries (metrics.md section 1), and of language models. */

export interface Schedule {
  readonly lr: number;
  /** Steps in the run. */
  readonly steps: number;
  readonly warmupSteps: number;
  /** Last share of the run over which the rate falls. */
  readonly decayFraction: number;
}

/** Linear warm-up, constant, linear decay to zero. The learning rate of `step`, counted from 0. It is never 0 within the run. */
export function learningRate(schedule: Schedule, step: number): number {
  const { lr, steps, warmupSteps, decayFraction } = schedule;
  const warmup = warmupSteps === 0 ? 1 : Math.min(1, (step + 1) / warmupSteps);
  const decaySteps = steps * decayFraction;
  const decay = decaySteps === 0 ? 1 : Math.min(1, (steps - step) / decaySteps);
  return lr * warmup * decay;
}

export interface CosineSchedule {
  /** The highest rate. */
  readonly lr: number;
  /** What the rate falls to, as a share of the highest. */
  readonly minimum: number;
  readonly steps: number;
  readonly warmupSteps: number;
}

/** Linear warm-up, then half a cosine down to the minimum (Loshchilov & Hutter 2016, 1608.03983). The rate of `step`, counted from 0. */
export function cosineRate({ lr, minimum, steps, warmupSteps }: CosineSchedule, step: number): number {
  if (step < warmupSteps) return (lr * (step + 1)) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return lr * (minimum + (1 - minimum) * 0.5 * (1 + Math.cos(Math.PI * done)));
}
