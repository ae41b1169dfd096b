/** The models of this machine, and the one that is looked at. */
import type { FoundModel, ModelInfo } from '../../../../shared/schema/workspace.ts';
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import { session } from '../../app/session.svelte.ts';

export class ModelsState {
  found = $state.raw<readonly FoundModel[] | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  info = $state.raw<ModelInfo | null>(null);
  infoError = $state.raw<ErrorBody | null>(null);
  #wanted: string | null = null;

  async find(): Promise<void> {
    try {
      this.found = (await session.invoke('models.find', {})).models;
      this.error = null;
    } catch (thrown) {
      this.error = toErrorBody(thrown);
    }
  }

  /** Reads a model's header; an answer that comes after another was asked for is dropped. */
  async inspect(path: string | null): Promise<void> {
    if (path === this.#wanted && this.infoError === null) return;
    this.#wanted = path;
    this.info = null;
    this.infoError = null;
    if (path === null) return;
    try {
      const info = await session.invoke('models.inspect', { path });
      if (this.#wanted === path) this.info = info;
    } catch (thrown) {
      if (this.#wanted === path) this.infoError = toErrorBody(thrown);
    }
  }
}
