/** The text that is typed on the Experts page, and where its tokens go. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import type { LayerExperts, Routed } from '../../../../shared/schema/experts.ts';
import { session } from '../../app/session.svelte.ts';
import { Latest } from '../../live/latest.ts';

/** Experts of a token that are fetched. */
const top = 16;

interface Question {
  readonly model: string;
  readonly text: string;
  readonly off: readonly LayerExperts[];
}

export class RouteState {
  text = $state('');
  routed = $state.raw<Routed | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  busy = $state(false);
  readonly #latest = new Latest<Question, Routed>({
    pause: 200,
    ask: ({ model, text, off }) => session.invoke('experts.route', { model, prompt: { text, chat: false, lead: 'auto' }, top, off: [...off] }),
    onAnswer: (routed) => Object.assign(this, { routed, error: null }),
    onError: (thrown) => Object.assign(this, { routed: null, error: toErrorBody(thrown) }),
    onBusy: (busy) => { this.busy = busy; },
  });

  /** Asks about the text, and about the loss without the experts in `off`. */
  read(model: string, off: readonly LayerExperts[]): void {
    if (this.text.trim() !== '') return this.#latest.want({ model, text: this.text, off });
    this.stop();
    Object.assign(this, { routed: null, error: null });
  }

  stop(): void {
    this.#latest.cancel();
  }
}
