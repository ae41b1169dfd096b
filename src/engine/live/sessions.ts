/** Pieces of work that live from one request to the next. Few at a time: a new one ends the oldest. */
import { randomUUID } from 'node:crypto';
import { LoupeError } from '../../shared/errors.ts';

const most = 2;

interface Session<T> {
  readonly value: T;
  readonly release: () => void;
}

export class Sessions<T extends { dispose(): void }> {
  readonly #open = new Map<string, Session<T>>();

  get count(): number {
    return this.#open.size;
  }

  /** Gives its id; `release` is called when it has ended. */
  begin(value: T, release: () => void): string {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= most && oldest !== undefined) this.end(oldest);
    const id = randomUUID();
    this.#open.set(id, { value, release });
    return id;
  }

  /** Kind not-found for one that has ended. */
  get(id: string): T {
    const session = this.#open.get(id);
    if (session === undefined) throw new LoupeError('not-found', 'session: it has ended, or was ended by newer ones. Start it again.');
    return session.value;
  }

  /** Ending one that has ended does nothing. */
  end(id: string): void {
    const session = this.#open.get(id);
    if (session === undefined) return;
    this.#open.delete(id);
    session.value.dispose();
    session.release();
  }

  endAll(): void {
    for (const id of this.#open.keys()) this.end(id);
  }
}
