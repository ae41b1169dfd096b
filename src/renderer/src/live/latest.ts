/** Questions that follow typing: one is under way at a time, only the newest waits, and an answer that is no longer wanted is dropped. Pure. */

export interface LatestOptions<I, O> {
  readonly ask: (input: I) => Promise<O>;
  readonly onAnswer: (output: O, input: I) => void;
  readonly onError: (thrown: unknown, input: I) => void;
  /** Told whenever work begins or all of it has ended. */
  readonly onBusy?: (busy: boolean) => void;
  /** Quiet time before a question is asked, ms. */
  readonly pause?: number;
}

export class Latest<I, O> {
  readonly #options: LatestOptions<I, O>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: { readonly input: I } | null = null;
  #running = false;
  #version = 0;

  constructor(options: LatestOptions<I, O>) {
    this.#options = options;
  }

  /** Asks after the pause, or at once. */
  want(input: I, now = false): void {
    this.#version++;
    this.#next = { input };
    clearTimeout(this.#timer);
    this.#options.onBusy?.(true);
    if (now || this.#options.pause === undefined) void this.#run();
    else this.#timer = setTimeout(() => void this.#run(), this.#options.pause);
  }

  /** Nothing is wanted any more: an answer under way is dropped. */
  cancel(): void {
    this.#version++;
    this.#next = null;
    clearTimeout(this.#timer);
    this.#options.onBusy?.(false);
  }

  async #run(): Promise<void> {
    if (this.#running || this.#next === null) return;
    const { input } = this.#next;
    const version = this.#version;
    this.#next = null;
    this.#running = true;
    try {
      const output = await this.#options.ask(input);
      if (version === this.#version) this.#options.onAnswer(output, input);
    } catch (thrown) {
      if (version === this.#version) this.#options.onError(thrown, input);
    }
    this.#running = false;
    if (version === this.#version) this.#options.onBusy?.(false);
    else void this.#run();
  }
}
