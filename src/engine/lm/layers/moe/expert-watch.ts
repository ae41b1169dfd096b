/** Watches a run for experts that no longer fire: one that is dead on everything is the sparsest, and wins the sparsity-aware router. */

/** How long an expert may be silent, in steps. */
export const silentSteps = 200;

export class ExpertWatch {
  readonly #silent: Int32Array;
  readonly #limit: number;

  constructor(experts: number, limit = silentSteps) {
    this.#silent = new Int32Array(experts);
    this.#limit = limit;
  }

  /**
   * Takes one step's mean number of firing units of each expert over the tokens that it was given (NaN where it was given none, which counts as no step), and
   * returns the experts that have been silent for the limit.
   */
  step(meanL0: ArrayLike<number>): number[] {
    const dead: number[] = [];
    this.#silent.forEach((steps, expert) => {
      const l0 = meanL0[expert]!;
      if (!Number.isNaN(l0)) this.#silent[expert] = l0 > 0 ? 0 : steps + 1;
      if (this.#silent[expert]! >= this.#limit) dead.push(expert);
    });
    return dead;
  }
}
