/** The model and the dictionary behind the open catalog's source: looked for once, when something first wants to run. */
import { type ErrorBody, toErrorBody } from '../../../shared/errors.ts';
import type { LiveTarget } from '../../../shared/schema/live.ts';
import { session } from '../app/session.svelte.ts';

export interface ReadyTarget {
  readonly model: string;
  readonly dictionary: string;
  readonly hook: string;
}

class Target {
  found = $state.raw<LiveTarget | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  looking = $state(false);
  #key = '';

  /** What to run, once both are there. */
  readonly ready = $derived.by((): ReadyTarget | null => {
    const { found } = this;
    if (found === null || found.model.path === null || found.dictionary.path === null) return null;
    return { model: found.model.path, dictionary: found.dictionary.path, hook: found.hook };
  });

  /** Looks for what the open source needs, unless that is known; `again` looks anew. */
  async look(again = false): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null || session.connection !== 'open') return;
    const key = `${catalog.catalog}/${source.id}`;
    if (key === this.#key && !again) return;
    this.#key = key;
    this.found = null;
    await this.#ask(key, () => session.invoke('live.resolve', { catalog: catalog.catalog, source: source.id }));
  }

  /** The user says where one of them lies. */
  async choose(kind: 'model' | 'dictionary', path: string): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    await this.#ask(this.#key, () => session.invoke('live.choose', { catalog: catalog.catalog, source: source.id, kind, path }));
  }

  async #ask(key: string, call: () => Promise<LiveTarget>): Promise<void> {
    this.looking = true;
    this.error = null;
    try {
      const found = await call();
      if (this.#key === key) this.found = found;
    } catch (thrown) {
      if (this.#key === key) this.error = toErrorBody(thrown);
    } finally {
      if (this.#key === key) this.looking = false;
    }
  }
}

export const target = new Target();
