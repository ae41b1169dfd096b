/** What a model writes behind a text: begun, then read some tokens at a time until it ends or is stopped. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { WriteInput, Written } from '../../../../shared/schema/live.ts';
import { session } from '../../app/session.svelte.ts';

const stepTokens = 4;

export interface Writing {
  readonly input: WriteInput;
  readonly text: string;
  readonly tokens: number;
  readonly seconds: number;
  readonly ended: Written['ended'] | 'stopped';
}

export class WritingState {
  result = $state.raw<Writing | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  busy = $state(false);
  #run = 0;

  /** A writing before it ends. */
  async write(input: WriteInput): Promise<void> {
    const run = ++this.#run;
    [this.busy, this.error, this.result] = [true, null, null];
    try {
      const { session: id } = await session.invoke('live.write', input);
      // From here on: loading the model is not the model's speed.
      const begin = performance.now();
      for (;;) {
        if (run !== this.#run) return void session.invoke('live.writeEnd', { session: id }).catch(() => undefined);
        const step: Written = await session.invoke('live.writeNext', { session: id, tokens: stepTokens });
        if (run !== this.#run) continue;
        this.result = { input, ...step, seconds: (performance.now() - begin) / 1000 };
        if (step.ended !== null) return;
      }
    } catch (thrown) {
      if (run === this.#run) this.error = toErrorBody(thrown);
    } finally {
      if (run === this.#run) this.busy = false;
    }
  }

  /** What has been written stays. */
  stop(): void {
    if (!this.busy) return;
    this.#run++;
    this.busy = false;
    if (this.result !== null) this.result = { ...this.result, ended: 'stopped' };
  }

  /** Nothing of another model stays. */
  clear(): void {
    this.#run++;
    [this.busy, this.error, this.result] = [false, null, null];
  }
}
