/** What the run in a form would take, asked of the engine as one types. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { LmPlan } from '../../../../shared/schema/lm.ts';
import { session } from '../../app/session.svelte.ts';
import { Latest } from '../../live/latest.ts';

/** ms without a key before the engine is asked. */
const pause = 150;

export class LmPlanState {
  /** The last one that could be made: it stays while the next is on its way. */
  plan = $state.raw<LmPlan | null>(null);
  /** Why there is none of what the form says now. */
  error = $state.raw<ErrorBody | null>(null);
  busy = $state(false);
  readonly #latest = new Latest<Readonly<Record<string, unknown>>, LmPlan>({
    ask: (config) => session.invoke('lm.plan', { config: { ...config } }),
    onAnswer: (plan) => { this.plan = plan; this.error = null; },
    onError: (thrown) => { this.error = toErrorBody(thrown); },
    onBusy: (busy) => { this.busy = busy; },
    pause,
  });

  want(config: Readonly<Record<string, unknown>>): void {
    this.#latest.want(config);
  }

  cancel(): void {
    this.#latest.cancel();
  }
}
