/** Events of the contract, from the services to whichever hosts listen. */
import type { EventName, EventPayload } from '../shared/contract.ts';

export type EventListener = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

export interface EventHub {
  readonly emit: EventListener;
  /** The returned function ends the subscription. */
  readonly subscribe: (listener: EventListener) => () => void;
}

/** A listener that throws costs the others nothing. */
export function eventHub(): EventHub {
  const listeners = new Set<EventListener>();
  return {
    emit: (name, payload) => {
      for (const listener of listeners) {
        try {
          listener(name, payload);
        } catch (error) {
          console.error(`a listener to ${name} failed: ${(error as Error).message}`);
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
