/** The names that filters of the open source can ask for, fetched when somebody needs them and again after a change. */
import type { Facets } from '../../../shared/schema/feature-query.ts';
import { session } from '../app/session.svelte.ts';

const none: Facets = { families: [], tokenClasses: [], authors: [], lists: [] };

class FacetState {
  names = $state.raw<Facets>(none);
  #key = '';

  async load(): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    const key = `${catalog.catalog}/${source.id}/${session.catalogVersion}`;
    if (key === this.#key) return;
    this.#key = key;
    const names = await session.attempt('catalog.facets', { catalog: catalog.catalog, source: source.id });
    if (this.#key === key) this.names = names ?? none;
  }
}

export const facets = new FacetState();
