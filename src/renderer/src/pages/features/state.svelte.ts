/** What the Features page adds to the shared list: the histogram's column, and which panel is open. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import { isString, recall, remember } from '../../app/preferences.ts';
import { session } from '../../app/session.svelte.ts';

export type ChartPanel = 'none' | 'histogram' | 'scatter' | 'map' | 'meaning';
const isPanel = (value: unknown): value is ChartPanel => isString(value) && ['none', 'histogram', 'scatter', 'map', 'meaning'].includes(value);

export class FeaturesState {
  panel = $state<ChartPanel>(recall('features.panel', 'histogram', isPanel));
  density = $state.raw<Float32Array | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  #key = '';

  choose(panel: ChartPanel): void {
    this.panel = panel;
    remember('features.panel', panel);
  }

  /** Fetches the histogram's column of the open source once. */
  async load(): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    const key = `${catalog.catalog}/${source.id}`;
    if (key === this.#key) return;
    this.#key = key;
    this.density = null;
    this.error = null;
    try {
      const { columns } = await session.invoke('catalog.columns', { catalog: catalog.catalog, source: source.id, names: ['density'] });
      if (this.#key === key) this.density = columns[0]!.data as Float32Array;
    } catch (thrown) {
      if (this.#key === key) this.error = toErrorBody(thrown);
      this.#key = '';
    }
  }
}
