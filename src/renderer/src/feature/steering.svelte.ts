/** A steering as the feature page runs it: begun, then read some tokens at a time until it is done or stopped. */
import { type ErrorBody, toErrorBody } from '../../../shared/errors.ts';
import type { SteerBegan, SteerInput, SteerStep, StrengthInput, Strength } from '../../../shared/schema/live.ts';
import { session } from '../app/session.svelte.ts';

const stepTokens = 4;

interface Text {
  readonly texts: readonly string[];
  readonly ids: readonly number[];
}

export interface SteeringResult {
  readonly input: SteerInput;
  readonly began: SteerBegan;
  readonly clean: Text;
  readonly steered: Text;
  /** KL(clean || steered) of each steered token, nats. */
  readonly kl: readonly number[];
}

function longer({ texts, ids }: Text, step: SteerStep['clean']): Text {
  return { texts: [...texts, ...step.texts], ids: [...ids, ...step.ids.data] };
}

export class SteeringState {
  result = $state.raw<SteeringResult | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** What is under way. */
  busy = $state<'texts' | 'strength' | null>(null);
  #run = 0;

  /** Writes both texts, as they grow. A run before it ends. */
  async write(input: SteerInput): Promise<void> {
    const run = ++this.#run;
    this.busy = 'texts';
    this.error = null;
    this.result = null;
    try {
      const began = await session.invoke('live.steer', input);
      if (run !== this.#run) return void this.#end(began.session);
      this.result = { input, began, clean: { texts: [], ids: [] }, steered: { texts: [], ids: [] }, kl: [] };
      for (let done = false; !done;) {
        const step: SteerStep = await session.invoke('live.steerNext', { session: began.session, tokens: stepTokens });
        if (run !== this.#run) return void this.#end(began.session);
        done = step.done;
        const before: SteeringResult = this.result!;
        this.result = { ...before, clean: longer(before.clean, step.clean), steered: longer(before.steered, step.steered), kl: [...before.kl, ...step.kl.data] };
      }
    } catch (thrown) {
      if (run === this.#run) this.error = toErrorBody(thrown);
    } finally {
      if (run === this.#run) this.busy = null;
    }
  }

  /** The strength whose mean KL over the prompt is 1 nat; null when it failed or was stopped. */
  async strength(input: StrengthInput): Promise<Strength | null> {
    const run = ++this.#run;
    this.busy = 'strength';
    this.error = null;
    try {
      const found = await session.invoke('live.strength', input);
      return run === this.#run ? found : null;
    } catch (thrown) {
      if (run === this.#run) this.error = toErrorBody(thrown);
      return null;
    } finally {
      if (run === this.#run) this.busy = null;
    }
  }

  /** What has been written stays. */
  stop(): void {
    this.#run++;
    this.busy = null;
  }

  #end(id: string): void {
    session.invoke('live.steerEnd', { session: id }).catch(() => undefined);
  }
}
