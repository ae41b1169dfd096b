/** What the Features page shows beside the table: columns for the scatter, the map, classes for colours, and what search by meaning needs. */
import type { FeatureQuery } from '../../feature/query.ts';
import { findSet } from '../../feature/feature-sets.ts';
import { isFiltered } from '../../feature/query.ts';
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { Classing, ExploreState } from '../../../../shared/schema/explore.ts';
import type { JobKind } from '../../../../shared/schema/job.ts';
import { vector } from '../../../../shared/schema/tensor.ts';
import { isString, recall, remember } from '../../app/preferences.ts';
import { session } from '../../app/session.svelte.ts';

export type Colouring = Classing | 'none';
export const colourings: readonly { readonly id: Colouring; readonly title: string }[] = [
  { id: 'none', title: 'One colour' }, { id: 'labelled', title: 'Labelled or not' }, { id: 'family', title: 'Family' },
  { id: 'tokenClass', title: 'Token class' }, { id: 'score', title: 'Score' },
];
const isColouring = (value: unknown): value is Colouring => colourings.some(({ id }) => id === value);

/** Columns that the scatter can be drawn over. `log`: over several powers of ten, and above 0. */
export const scatterColumns = [
  { id: 'density', title: 'Density', unit: 'density, firings a token', log: true },
  { id: 'max', title: 'Maximum activation', unit: 'maximum activation', log: true },
  { id: 'mean', title: 'Mean activation', unit: 'mean activation', log: true },
  { id: 'min', title: 'Smallest activation', unit: 'smallest activation', log: false },
  { id: 'score', title: 'Score of the label', unit: 'score of the label', log: false },
  { id: 'confidence', title: 'Confidence of the label', unit: 'confidence of the label, 1 to 5', log: false },
] as const;
export type ScatterColumn = (typeof scatterColumns)[number];
type ColumnId = ScatterColumn['id'];
const isColumn = (value: unknown): value is ColumnId => scatterColumns.some(({ id }) => id === value);
export const scatterColumn = (id: ColumnId): ScatterColumn => scatterColumns.find((column) => column.id === id)!;

/** Where a figure lies on its axis; NaN for one that has no place there. */
function onAxis(value: number, { id, log }: ScatterColumn): number {
  if (log) return value > 0 ? Math.log10(value) : Number.NaN;
  // A label without a score has NaN, one without a confidence 0.
  return id === 'confidence' && !(value > 0) ? Number.NaN : value;
}
export type Tool = 'rect' | 'lasso';
const isTool = (value: unknown): value is Tool => isString(value) && (value === 'rect' || value === 'lasso');

interface Classes { readonly names: readonly string[]; readonly of: Int32Array }

export class Explore {
  colouring = $state<Colouring>(recall('explore.colouring', 'labelled', isColouring));
  across = $state<ColumnId>(recall('explore.across', 'density', isColumn));
  up = $state<ColumnId>(recall('explore.up', 'max', isColumn));
  tool = $state<Tool>(recall('explore.tool', 'rect', isTool));
  state = $state.raw<ExploreState | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** [features, 2] each: the columns `across` and `up`, in log10 where their axis is logarithmic; the map. */
  scatter = $state.raw<Float32Array | null>(null);
  map = $state.raw<Float32Array | null>(null);
  mapOptions = $state.raw<Readonly<Record<string, unknown>> | null>(null);
  classes = $state.raw<Classes | null>(null);
  /** [features], 1 for those of the table where it is filtered. */
  shown = $state.raw<Uint8Array | null>(null);
  readonly #keys = new Map<string, string>();

  choose(change: { colouring?: Colouring; across?: ColumnId; up?: ColumnId; tool?: Tool }): void {
    for (const [name, value] of Object.entries(change)) remember(`explore.${name}`, value);
    Object.assign(this, change);
  }

  /** Does `work` once for each `key`; a newer one wins, and a failure may be tried again. */
  async #once(what: string, key: string, work: (current: () => boolean) => Promise<void>): Promise<void> {
    if (this.#keys.get(what) === key) return;
    this.#keys.set(what, key);
    const current = (): boolean => this.#keys.get(what) === key;
    try {
      await work(current);
      if (current()) this.error = null;
    } catch (thrown) {
      if (!current()) return;
      this.error = toErrorBody(thrown);
      this.#keys.delete(what);
    }
  }

  get #place(): { catalog: string; source: number } | null {
    const { catalog, source } = session;
    return catalog === null || source === null ? null : { catalog: catalog.catalog, source: source.id };
  }

  loadScatter(): Promise<void> {
    const place = this.#place;
    const [x, y] = [scatterColumn(this.across), scatterColumn(this.up)];
    if (place === null) return Promise.resolve();
    return this.#once('scatter', JSON.stringify([place, x.id, y.id]), async (current) => {
      const { columns } = await session.invoke('catalog.columns', { ...place, names: [x.id, y.id] });
      const [xs, ys] = columns.map(({ data }) => data) as [Float32Array, Float32Array];
      const points = new Float32Array(2 * xs.length);
      for (let i = 0; i < xs.length; i++) {
        points[2 * i] = onAxis(xs[i]!, x);
        points[2 * i + 1] = onAxis(ys[i]!, y);
      }
      if (current()) this.scatter = points;
    });
  }

  loadMap(version: number): Promise<void> {
    const place = this.#place;
    if (place === null) return Promise.resolve();
    return this.#once('map', JSON.stringify([place, version]), async (current) => {
      const { map } = await session.invoke('explore.map', place);
      if (!current()) return;
      this.map = map === null ? null : (map.points.data as Float32Array);
      this.mapOptions = map === null ? null : (JSON.parse(map.options) as Record<string, unknown>);
    });
  }

  loadClasses(version: number): Promise<void> {
    const place = this.#place;
    const by = this.colouring;
    if (place === null) return Promise.resolve();
    return this.#once('classes', JSON.stringify([place, by, version]), async (current) => {
      const found = by === 'none' ? null : await session.invoke('explore.classes', { ...place, by });
      if (current()) this.classes = found === null ? null : { names: found.names, of: found.classes.data as Int32Array };
    });
  }

  loadState(version: number): Promise<void> {
    const place = this.#place;
    if (place === null) return Promise.resolve();
    return this.#once('state', JSON.stringify([place, version, session.workspace?.path]), async (current) => {
      const state = await session.invoke('explore.state', place);
      if (current()) this.state = state;
    });
  }

  /** Asks for the state again: an encoder was chosen. */
  forgetState(): void {
    this.#keys.delete('state');
  }

  loadShown(query: FeatureQuery, version: number): Promise<void> {
    const place = this.#place;
    if (place === null) return Promise.resolve();
    return this.#once('shown', JSON.stringify([place, query, version]), async (current) => {
      if (!isFiltered(query)) {
        this.shown = null;
        return;
      }
      const only = query.set === '' ? null : vector(findSet(query.set)?.indices ?? new Int32Array(0));
      const { indices } = await session.invoke('catalog.indices', {
        ...place, sort: 'index', descending: false, filter: query.filter, search: query.search.trim() === '' ? null : query.search, only,
      });
      const shown = new Uint8Array(session.source?.features ?? 0);
      for (const index of indices.data) shown[index] = 1;
      if (current()) this.shown = shown;
    });
  }

  /** Starts a job on the open source. */
  async start(kind: Extract<JobKind, 'embed' | 'map'>, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const place = this.#place;
    if (place !== null) await session.attempt('jobs.start', { kind, config: { ...place, ...config } });
  }

  /** The newest job of a kind on the open catalog that is not done. */
  job(kind: JobKind): (typeof session.jobs)[number] | undefined {
    const place = this.#place;
    return session.jobs.find((job) => job.kind === kind && job.state !== 'done' && job.state !== 'cancelled' && job.config['catalog'] === place?.catalog);
  }
}
