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

  /** Steps for which each expert has been silent, [experts]; `restore` takes them. */
  get silent(): number[] {
    return [...this.#silent];
  }

  restore(silent: readonly number[]): void {
    this.#silent.set(silent.slice(0, this.#silent.length));
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

/** Silent steps by block, as a checkpoint keeps them. */
export type SilentSteps = Readonly<Record<string, readonly number[]>>;

/** The experts of a whole run, block by block: what layers measure under the name `l0` is what is watched. */
export class RunWatch {
  readonly #watches = new Map<string, ExpertWatch>();
  readonly #limit: number;

  constructor(limit = silentSteps) {
    this.#limit = limit;
  }

  /** Takes one step's figures, "blocks.2.l0" with an entry an expert among them, and returns those that have been silent for the limit. */
  step(figures: ReadonlyMap<string, readonly number[]>): { readonly block: string; readonly expert: number }[] {
    return [...figures].filter(([name]) => name.endsWith('.l0')).flatMap(([name, l0]) => {
      const block = name.slice(0, -'.l0'.length);
      return this.#watchOf(block, l0.length).step(l0).map((expert) => ({ block, expert }));
    });
  }

  state(): SilentSteps {
    return Object.fromEntries([...this.#watches].map(([block, watch]) => [block, watch.silent]));
  }

  restore(state: SilentSteps): void {
    for (const [block, silent] of Object.entries(state)) this.#watchOf(block, silent.length).restore(silent);
  }

  #watchOf(block: string, experts: number): ExpertWatch {
    const known = this.#watches.get(block) ?? new ExpertWatch(experts, this.#limit);
    this.#watches.set(block, known);
    return known;
  }
}
