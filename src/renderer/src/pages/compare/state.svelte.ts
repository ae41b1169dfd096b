/** Two sources side by side: which, the job that compares them, and what it found. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import type { CatalogInfo } from '../../../../shared/schema/catalog.ts';
import type { CompareResult, ShownLabelRow } from '../../../../shared/schema/compare.ts';
import { notices } from '../../app/notices.svelte.ts';
import { session } from '../../app/session.svelte.ts';
import { plural } from '../../format/number.ts';
import { densityRatio, labelCopies, matchedPairs, onlyHere, sortPairs, type Pair, type PairSort } from '../../compare/pairs.ts';

export interface SideChoice {
  readonly catalog: string;
  readonly source: number;
}

type Labels = ReadonlyMap<number, ShownLabelRow>;

export class CompareState {
  /** Catalogs that were opened to choose sources from. */
  infos = $state.raw<readonly CatalogInfo[]>([]);
  id = $state<string | null>(null);
  result = $state.raw<CompareResult | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  a = $state.raw<SideChoice | null>(null);
  b = $state.raw<SideChoice | null>(null);
  aLabels = $state.raw<Labels>(new Map());
  bLabels = $state.raw<Labels>(new Map());
  least = $state(0.5);
  oneToOne = $state(true);
  sort = $state<PairSort>('value');
  text = $state('');

  readonly job = $derived(this.id === null ? undefined : session.job(this.id));
  readonly all = $derived(this.result === null ? [] : matchedPairs(tensors(this.result), this.least, this.oneToOne));
  readonly pairs = $derived(this.result === null ? [] : sortPairs(this.all.filter((pair) => this.#says(pair)), this.sort, (pair) => this.ratio(pair)));
  readonly onlyA = $derived(this.result === null ? [] : onlyHere(data(this.result.aAt), data(this.result.aValue), this.least, data(this.result.aDensity)));
  readonly onlyB = $derived(this.result === null ? [] : onlyHere(data(this.result.bAt), data(this.result.bValue), this.least, data(this.result.bDensity)));
  readonly copies = $derived(this.result === null ? [] : labelCopies(this.all, this.aLabels, this.bLabels, this.nameOf(this.a), this.result.method === 'cosine' ? 'decoder cosine' : 'example overlap'));

  ratio(pair: Pair): number {
    return this.result === null ? Number.NaN : densityRatio(pair, data(this.result.aDensity), data(this.result.bDensity));
  }

  nameOf(side: SideChoice | null): string {
    const info = this.infos.find(({ catalog }) => catalog === side?.catalog);
    const source = info?.sources.find(({ id }) => id === side?.source);
    const file = info?.path.split(/[\\/]/).at(-1)?.replace(/\.loupe$/, '') ?? '';
    return source === undefined ? file : info!.sources.length > 1 ? `${file} / ${source.name}` : file;
  }

  async loadCatalogs(): Promise<void> {
    const paths = session.catalogs.filter(({ problem, linked }) => problem === null && !linked).map(({ path }) => path).slice(0, 100);
    const infos = await Promise.all(paths.map((path) => session.invoke('catalog.info', { catalog: path }).catch(() => null)));
    this.infos = infos.filter((info) => info !== null);
  }

  async start(method: 'cosine' | 'examples'): Promise<string | null> {
    const [a, b] = [this.a, this.b];
    if (a === null || b === null) return null;
    const started = await session.attempt('jobs.start', { kind: 'compare', config: { a, b, method } });
    return started?.id ?? null;
  }

  /** Shows the comparison of a run. */
  async show(id: string): Promise<void> {
    if (this.id === id && this.result !== null) return;
    if (this.id !== id) Object.assign(this, { id, result: null, error: null });
    const job = session.job(id) ?? (await session.attempt('jobs.get', { id }));
    if (job === undefined || this.id !== id) return;
    const { a, b } = job.config as { a?: SideChoice; b?: SideChoice };
    Object.assign(this, { a: a ?? null, b: b ?? null });
    if (job.state !== 'done') return;
    try {
      const [result] = await Promise.all([session.invoke('compare.result', { id }), this.loadLabels()]);
      if (this.id === id) this.result = result;
      if (this.id === id) this.least = result.method === 'cosine' ? 0.7 : 0.2;
    } catch (thrown) {
      if (this.id === id) this.error = toErrorBody(thrown);
    }
  }

  async loadLabels(): Promise<void> {
    const of = async (side: SideChoice | null): Promise<Labels> => (side === null ? new Map() : new Map((await session.invoke('compare.labels', side)).labels.map((row) => [row.index, row])));
    [this.aLabels, this.bLabels] = await Promise.all([of(this.a), of(this.b)]);
  }

  /** Copies labels of a across the matches that are shown to features of b that have none. */
  async copy(): Promise<void> {
    if (this.b === null || this.copies.length === 0) return;
    const done = await session.attempt('compare.suggest', { ...this.b, suggestions: this.copies.map((copy) => ({ ...copy })) });
    if (done === undefined) return;
    notices.say(`${plural(done.added, 'label')} copied to ${this.nameOf(this.b)}; the notes of each say where it came from.`);
    await this.loadLabels();
  }

  #says(pair: Pair): boolean {
    const words = this.text.trim().toLowerCase();
    if (words === '') return true;
    return [this.aLabels.get(pair.a)?.text, this.bLabels.get(pair.b)?.text, String(pair.a), String(pair.b)].some((text) => text?.toLowerCase().includes(words));
  }
}

function data(tensor: CompareResult['aAt']): ArrayLike<number> {
  return tensor.data as ArrayLike<number>;
}

function tensors({ aAt, aValue, bAt, bValue }: CompareResult): { aAt: ArrayLike<number>; aValue: ArrayLike<number>; bAt: ArrayLike<number>; bValue: ArrayLike<number> } {
  return { aAt: data(aAt), aValue: data(aValue), bAt: data(bAt), bValue: data(bValue) };
}
