/** What the Features page adds to the shared list: the charts' columns, and which panel is open. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import { isString, recall, remember } from '../../app/preferences.ts';
import { session } from '../../app/session.svelte.ts';

export type ChartPanel = 'none' | 'histogram' | 'scatter';
const isPanel = (value: unknown): value is ChartPanel => isString(value) && ['none', 'histogram', 'scatter'].includes(value);

export interface Columns {
  readonly density: Float32Array;
  readonly max: Float32Array;
}

export class FeaturesState {
  panel = $state<ChartPanel>(recall('features.panel', 'histogram', isPanel));
  columns = $state.raw<Columns | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  #key = '';

  choose(panel: ChartPanel): void {
    this.panel = panel;
    remember('features.panel', panel);
  }

  /** Fetches the charts' columns of the open source once. */
  async load(): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    const key = `${catalog.catalog}/${source.id}`;
    if (key === this.#key) return;
    this.#key = key;
    this.columns = null;
    this.error = null;
    try {
      const { columns } = await session.invoke('catalog.columns', { catalog: catalog.catalog, source: source.id, names: ['density', 'max'] });
      if (this.#key === key) this.columns = { density: columns[0]!.data as Float32Array, max: columns[1]!.data as Float32Array };
    } catch (thrown) {
      if (this.#key === key) this.error = toErrorBody(thrown);
      this.#key = '';
    }
  }
}
