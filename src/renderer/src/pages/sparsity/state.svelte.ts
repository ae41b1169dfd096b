/** Studies that are shown: read when they are done, kept while the page is open. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import type { SparsityStudy } from '../../../../shared/schema/sparsity.ts';
import type { ModelInfo } from '../../../../shared/schema/workspace.ts';
import { session } from '../../app/session.svelte.ts';

export class StudiesState {
  studies = $state.raw<ReadonlyMap<string, SparsityStudy>>(new Map());
  errors = $state.raw<ReadonlyMap<string, ErrorBody>>(new Map());
  /** What the model of the page is; null until it is known, or where it cannot be opened. */
  model = $state.raw<ModelInfo | null>(null);
  modelError = $state.raw<ErrorBody | null>(null);
  readonly #asked = new Set<string>();
  #path: string | null = null;

  /** Looks at a model's header; an answer that comes after another was asked for is dropped. */
  async inspect(path: string | null): Promise<void> {
    if (path === this.#path && this.modelError === null) return;
    Object.assign(this, { model: null, modelError: null });
    this.#path = path;
    if (path === null) return;
    try {
      const model = await session.invoke('models.inspect', { path });
      if (this.#path === path) this.model = model;
    } catch (thrown) {
      if (this.#path === path) this.modelError = toErrorBody(thrown);
    }
  }

  /** Reads the studies of these runs once each; a run that is not done is asked for when it is. */
  async read(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#one(id)));
  }

  /** Reads one again after it failed. */
  async again(id: string): Promise<void> {
    this.#asked.delete(id);
    this.errors = new Map([...this.errors].filter(([other]) => other !== id));
    await this.#one(id);
  }

  async #one(id: string): Promise<void> {
    if (this.#asked.has(id) || (session.job(id) !== undefined && session.job(id)!.state !== 'done')) return;
    this.#asked.add(id);
    try {
      const study = await session.invoke('sparsity.result', { id });
      this.studies = new Map([...this.studies, [id, study]]);
    } catch (thrown) {
      this.errors = new Map([...this.errors, [id, toErrorBody(thrown)]]);
    }
  }
}
