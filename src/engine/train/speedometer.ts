/** Tokens a second over the last few seconds. */
const windowMs = 5000;

export class Speedometer {
  readonly #marks: { readonly at: number; readonly tokens: number }[] = [];
  #tokens = 0;
  readonly #now: () => number;

  /** `now` gives milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#marks.push({ at: now(), tokens: 0 });
  }

  /** Counts `tokens` as done now; gives the speed. */
  count(tokens: number): number {
    const at = this.#now();
    this.#tokens += tokens;
    this.#marks.push({ at, tokens: this.#tokens });
    while (this.#marks.length > 2 && this.#marks[1]!.at < at - windowMs) this.#marks.shift();
    const first = this.#marks[0]!;
    return at > first.at ? ((this.#tokens - first.tokens) * 1000) / (at - first.at) : 0;
  }
}
