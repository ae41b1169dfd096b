/** The subscriptions of a client: event name -> listeners. */
import type { EventName, EventPayload } from '../../shared/contract.ts';
import type { ConnectionState } from './client.ts';

export class Listeners {
  readonly #events = new Map<string, Set<(payload: never) => void>>();
  readonly #states = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = 'connecting';

  get state(): ConnectionState {
    return this.#state;
  }

  set state(state: ConnectionState) {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#states) listener(state);
  }

  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void {
    const set = this.#events.get(event) ?? new Set();
    this.#events.set(event, set.add(listener));
    return () => set.delete(listener);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#states.add(listener);
    return () => this.#states.delete(listener);
  }

  emit(event: string, payload: unknown): void {
    for (const listener of this.#events.get(event) ?? []) listener(payload as never);
  }
}
