/** Saved views of the open catalog: in the catalog itself, or in this browser for one that is read-only. */
import { toErrorBody } from '../../../shared/errors.ts';
import type { SavedView, ViewQuery } from '../../../shared/schema/view.ts';
import { notices } from '../app/notices.svelte.ts';
import { recall, remember } from '../app/preferences.ts';
import { session } from '../app/session.svelte.ts';

const isList = (value: unknown): value is SavedView[] => Array.isArray(value);

class SavedViews {
  list = $state.raw<readonly SavedView[]>([]);
  #loaded = '';

  /** Fetches the views of the open catalog once, and again after a change. */
  async load(again = false): Promise<void> {
    const { catalog } = session;
    if (catalog === null || (!again && this.#loaded === catalog.catalog)) return;
    this.#loaded = catalog.catalog;
    const found = await session.attempt('views.all', { catalog: catalog.catalog });
    if (this.#loaded === catalog.catalog) this.list = [...(found?.views ?? []), ...this.#own()].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** True when it was saved. */
  async save(name: string, query: ViewQuery): Promise<boolean> {
    return this.#act(async (catalog) => {
      if (!this.#local) await session.invoke('views.save', { catalog, name, query, author: session.author.trim() });
      else this.#keep([...this.#own(), { id: Math.min(0, ...this.#own().map(({ id }) => id)) - 1, name: name.trim(), query, author: session.author.trim(), createdAt: new Date().toISOString() }]);
      notices.say(`Saved the view ${name.trim()}.`);
    });
  }

  /** Another name, or with `query` what is shown now. */
  async change(view: SavedView, name: string, query: ViewQuery | null): Promise<boolean> {
    return this.#act(async (catalog) => {
      if (view.id > 0) await session.invoke('views.change', { catalog, view: view.id, name, query });
      else this.#keep(this.#own().map((own) => (own.id === view.id ? { ...own, name: name.trim(), query: query ?? own.query } : own)));
    });
  }

  async remove(view: SavedView): Promise<void> {
    const done = await this.#act(async (catalog) => {
      if (view.id > 0) await session.invoke('views.delete', { catalog, view: view.id });
      else this.#keep(this.#own().filter(({ id }) => id !== view.id));
    });
    if (done) notices.say(`Removed the view ${view.name}.`, { title: 'Undo', run: () => void this.#restore(view) });
  }

  async #restore(view: SavedView): Promise<void> {
    await this.#act(async (catalog) => {
      if (view.id > 0) await session.invoke('views.restore', { catalog, view: view.id });
      else this.#keep([...this.#own(), view]);
    });
  }

  /** A read-only catalog's own views cannot be changed, and new ones stay in this browser. */
  get #local(): boolean {
    return session.catalog?.readOnly ?? true;
  }

  #own(): SavedView[] {
    return session.catalog === null ? [] : recall(`views.${session.catalog.path}`, [], isList);
  }

  #keep(views: readonly SavedView[]): void {
    if (session.catalog !== null) remember(`views.${session.catalog.path}`, views);
  }

  async #act(work: (catalog: string) => Promise<void>): Promise<boolean> {
    try {
      await work(session.catalog?.catalog ?? '');
      await this.load(true);
      return true;
    } catch (thrown) {
      notices.fail(toErrorBody(thrown));
      return false;
    }
  }
}

export const savedViews = new SavedViews();
