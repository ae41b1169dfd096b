/** The learning rate over a run: linear warm-up, constant, linear decay to zero (metrics.md section 1). */

export interface Schedule {
  readonly lr: number;
  /** Steps in the run. */
  readonly steps: number;
  readonly warmupSteps: number;
  /** Last share of the run over which the rate falls. */
  readonly decayFraction: number;
}

/** The learning rate of `step`, counted from 0. It is never 0 within the run. */
export function learningRate(schedule: Schedule, step: number): number {
  const { lr, steps, warmupSteps, decayFraction } = schedule;
  const warmup = warmupSteps === 0 ? 1 : Math.min(1, (step + 1) / warmupSteps);
  const decaySteps = steps * decayFraction;
  const decay = decaySteps === 0 ? 1 : Math.min(1, (steps - step) / decaySteps);
  return lr * warmup * decay;
}
