/** The list of features that the table shows and J/K walk through: one for the window, so that both pages share its order. */
import type { CommandInput } from '../../../shared/contract.ts';
import { type ErrorBody, toErrorBody } from '../../../shared/errors.ts';
import type { FeatureRow } from '../../../shared/schema/catalog.ts';
import { session } from '../app/session.svelte.ts';
import { vector } from '../../../shared/schema/tensor.ts';
import { findSet } from './feature-sets.ts';
import { PageCache } from './page-cache.ts';
import { defaultQuery, type FeatureQuery } from './query.ts';

type Asked = CommandInput<'catalog.indices'>;

const pageSize = 100;
/** ms. */
const slowAfter = 150;

/** What the catalog is asked for a query. A set that this window does not have (a link from elsewhere) holds nothing. */
export function askFor(catalog: string, source: number, query: FeatureQuery): Asked {
  return {
    catalog, source, sort: query.sort, descending: query.descending, filter: query.filter, search: query.search.trim() === '' ? null : query.search,
    only: query.set === '' ? null : vector(findSet(query.set)?.indices ?? new Int32Array(0)),
  };
}

class FeatureList {
  query = $state.raw<FeatureQuery>(defaultQuery);
  /** The query whose rows are on screen: `query`, once its first page is there. */
  shown = $state.raw<FeatureQuery>(defaultQuery);
  total = $state<number | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** The place of the selected feature in the list, where it is known. */
  place = $state<number | null>(null);
  /** Rises when rows arrived: what reads `row` reads this first. */
  version = $state(0);
  /** A new list is being fetched; the old rows stay until it is there. */
  loading = $state(false);
  /** It takes so long that the old rows should not look like the new ones. */
  slow = $state(false);
  #cache: PageCache<FeatureRow> | null = null;
  /** All features of the list that `cache` pages through, in its order: fetched when first asked for. */
  #order: { readonly cache: PageCache<FeatureRow>; readonly indices: Promise<Int32Array> } | null = null;
  readonly #asked = new WeakMap<PageCache<FeatureRow>, Asked>();
  #key = '';

  /** Shows `query` of the open catalog; the same one again does nothing. */
  show(query: FeatureQuery): void {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    const key = JSON.stringify([catalog.catalog, source.id, query]);
    if (key === this.#key) return;
    this.#key = key;
    this.query = query;
    this.#start(catalog.catalog, source.id, query);
  }

  /** Fetches the rows again: a label changed. The order may change with it. */
  refresh(): void {
    const { catalog, source } = session;
    if (catalog !== null && source !== null && this.#key !== '') this.#start(catalog.catalog, source.id, this.query);
  }

  row(place: number): FeatureRow | undefined {
    void this.version;
    return this.#cache?.row(place);
  }

  wait(place: number): Promise<FeatureRow | undefined> {
    return this.#cache?.wait(place) ?? Promise.resolve(undefined);
  }

  /** Sets `place` to where the feature stands: exact in the plain order, else looked up among the loaded rows. */
  locate(index: number): void {
    if (this.place !== null && this.#cache?.row(this.place)?.index === index) return;
    this.place = this.#cache?.find((row) => row.index === index) ?? (JSON.stringify(this.query) === JSON.stringify(defaultQuery) ? index : null);
  }

  /** The feature `by` places further on in this order, or null at the ends. */
  async step(from: number, by: number): Promise<number | null> {
    this.locate(from);
    const to = (this.place ?? -Math.sign(by)) + by;
    if (to < 0 || (this.total !== null && to >= this.total)) return null;
    const row = await this.wait(to);
    if (row === undefined) return null;
    this.place = to;
    return row.index;
  }

  /** Every feature of the list on screen in its order, int32 [total]. Empty before the first list, and when it could not be read, which is told. */
  order(): Promise<Int32Array> {
    const cache = this.#cache;
    if (cache === null) return Promise.resolve(new Int32Array(0));
    if (this.#order?.cache !== cache) {
      const asked = session.attempt('catalog.indices', this.#asked.get(cache)!);
      this.#order = { cache, indices: asked.then((found) => (found?.indices.data as Int32Array | undefined) ?? new Int32Array(0)) };
    }
    return this.#order.indices;
  }

  /** The features from `from` to `to` in this order, both included. Where `from` is not in the list, `to` alone; where `to` is not, none. */
  async run(from: number, to: number): Promise<ArrayLike<number>> {
    const near = this.#loadedRun(from, to);
    if (near !== null) return near;
    const order = await this.order();
    const [start, end] = [order.indexOf(from), order.indexOf(to)];
    if (end < 0) return [];
    if (start < 0) return [to];
    return start <= end ? order.subarray(start, end + 1) : order.slice(end, start + 1).reverse();
  }

  /** The same out of the rows that are there; null when one of them is not. */
  #loadedRun(from: number, to: number): number[] | null {
    const cache = this.#cache;
    const start = cache?.find((row) => row.index === from) ?? null;
    const end = cache?.find((row) => row.index === to) ?? null;
    if (cache === null || start === null || end === null) return null;
    const places = Array.from({ length: Math.abs(end - start) + 1 }, (_, i) => start + i * Math.sign(end - start));
    const rows = places.map((place) => cache.loaded(place)?.index);
    return rows.every((index) => index !== undefined) ? rows : null;
  }

  #start(catalog: string, source: number, query: FeatureQuery): void {
    this.error = null;
    this.loading = true;
    this.#timer ??= setTimeout(() => { this.slow = true; }, slowAfter);
    const asked = askFor(catalog, source, query);
    const cache = new PageCache<FeatureRow>({
      pageSize, keep: 120,
      fetch: (offset, limit) => session.invoke('catalog.features', { ...asked, offset, limit }),
      onChange: () => this.#arrived(cache),
      onError: (thrown) => this.#failed(cache, thrown),
    });
    this.#asked.set(cache, asked);
    this.#next = cache;
    cache.row(0);
  }

  #next: PageCache<FeatureRow> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  #answered(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.loading = false;
    this.slow = false;
  }

  #arrived(cache: PageCache<FeatureRow>): void {
    if (cache !== this.#next) return;
    if (this.#cache !== cache) {
      this.#cache?.close();
      this.#cache = cache;
      this.place = null;
      this.shown = this.query;
    }
    this.#answered();
    this.total = cache.total;
    this.version++;
  }

  #failed(cache: PageCache<FeatureRow>, thrown: unknown): void {
    if (cache !== this.#next) return;
    this.#answered();
    this.error = toErrorBody(thrown);
  }
}

export const featureList = new FeatureList();
