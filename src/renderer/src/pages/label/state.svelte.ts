/** The labelling page: a queue of features, the one that is shown, the next ones fetched ahead, and the progress. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { CommandOutput, EventPayload } from '../../../../shared/contract.ts';
import type { Feature, Label } from '../../../../shared/schema/catalog.ts';
import type { ProgressReport, ReviewState, Score } from '../../../../shared/schema/labels.ts';
import { session } from '../../app/session.svelte.ts';
import { address, author, type LabelDraft, review, setLabel } from '../../feature/label-actions.ts';
import { featureList } from '../../feature/list.svelte.ts';
import { pace, queueAddress, queueFilter, type QueueQuery } from './queue.ts';

/** A feature with its labelling. */
export interface Shown {
  readonly feature: Feature;
  readonly history: readonly Label[];
  readonly scores: readonly Score[];
  readonly reviews: CommandOutput<'labels.of'>['reviews'];
}

/** Features that are fetched before they are asked for, and how many are kept. */
const ahead = 3;
const keep = 40;

export class LabelState {
  /** int32 indices in the order of the queue. */
  queue = $state.raw<Int32Array | null>(null);
  place = $state(0);
  shown = $state.raw<Shown | null>(null);
  progress = $state.raw<ProgressReport | null>(null);
  families = $state.raw<readonly string[]>([]);
  error = $state.raw<ErrorBody | null>(null);
  saving = $state(false);
  /** Seconds that each label of this sitting took. */
  seconds = $state.raw<readonly number[]>([]);
  /** Called with each feature that the queue comes to: the page puts it into the address. */
  onplace: ((index: number) => void) | null = null;
  readonly index = $derived(this.queue?.[this.place] ?? null);
  readonly pace = $derived(pace(this.seconds));
  #since = 0;
  #key = '';
  readonly #cache = new Map<number, Promise<Shown>>();

  /** Loads the queue of `query` and goes to feature `wanted` in it, else to its first. The same one again does nothing. */
  async load(query: QueueQuery, wanted: number | null, again = false): Promise<void> {
    const { catalog, source } = session;
    if (catalog === null || source === null) return;
    const key = JSON.stringify([catalog.catalog, source.id, queueAddress(query), author()]);
    if (key === this.#key && !again) return;
    this.#key = key;
    this.error = null;
    try {
      const queue = await this.#indices(query);
      if (this.#key !== key) return;
      if (again) this.#cache.clear();
      this.queue = queue;
      const place = wanted === null ? -1 : queue.indexOf(wanted);
      this.#go(Math.max(0, place));
      void this.refresh();
    } catch (thrown) {
      if (this.#key === key) this.error = toErrorBody(thrown);
    }
  }

  async #indices(query: QueueQuery): Promise<Int32Array> {
    const { catalog, source } = address(0);
    if (query.kind === 'table') {
      const { sort, descending, filter, search } = featureList.query;
      const { indices } = await session.invoke('catalog.indices', { catalog, source, sort, descending, filter, search: search.trim() === '' ? null : search });
      return indices.data as Int32Array;
    }
    const filter = queueFilter(query);
    if (filter === null) return new Int32Array(0);
    return (await session.invoke('labels.queue', { catalog, source, author: author(), filter })).features.data as Int32Array;
  }

  /** Progress and families, again. */
  async refresh(): Promise<void> {
    const { catalog, source } = address(0);
    if (catalog === '') return;
    const [progress, families] = await Promise.all([session.attempt('labels.progress', { catalog, source, author: author() }), session.attempt('labels.families', { catalog, source })]);
    this.progress = progress ?? this.progress;
    this.families = families?.families ?? this.families;
  }

  step(by: number): void {
    if (this.queue !== null) this.#go(Math.max(0, Math.min(this.queue.length, this.place + by)));
  }

  /** Shows a feature of the queue again; one that is not in it stays where it is. */
  goTo(index: number): void {
    const place = this.queue?.indexOf(index) ?? -1;
    if (place >= 0) this.#go(place);
  }

  /** Saves a label and goes on. */
  async save(draft: LabelDraft): Promise<boolean> {
    const { index } = this;
    if (index === null || this.saving) return false;
    this.saving = true;
    const took = (performance.now() - this.#since) / 1000;
    const label = await setLabel(index, { ...draft, text: draft.text.trim() });
    this.saving = false;
    if (label === undefined) return false;
    this.seconds = [...this.seconds, took];
    this.step(1);
    void this.refresh();
    return true;
  }

  /** Sets the feature aside and goes on. */
  async setAside(state: ReviewState): Promise<void> {
    const { index } = this;
    if (index === null || !(await review(index, state))) return;
    this.step(1);
    void this.refresh();
  }

  /** Something of the catalog changed: what is kept of it is fetched again. */
  changed({ catalog, index }: EventPayload<'catalog.changed'>): void {
    if (catalog !== session.catalog?.catalog) return;
    if (index !== null) this.#cache.delete(index);
    else {
      this.#cache.clear();
      void this.refresh();
    }
    if (this.index !== null && (index === null || index === this.index)) void this.#show(this.index);
  }

  #go(place: number): void {
    this.place = place;
    this.#since = performance.now();
    const index = this.index;
    if (index === null) this.shown = null;
    else {
      void this.#show(index);
      this.onplace?.(index);
    }
    for (let by = 1; by <= ahead; by++) this.#prefetch(place + by);
    this.#prefetch(place - 1);
  }

  async #show(index: number): Promise<void> {
    try {
      const shown = await this.#get(index);
      if (this.index === index) {
        this.shown = shown;
        this.error = null;
      }
    } catch (thrown) {
      if (this.index === index) this.error = toErrorBody(thrown);
    }
  }

  #prefetch(place: number): void {
    const index = this.queue?.[place];
    if (index !== undefined) this.#get(index).catch(() => undefined);
  }

  #get(index: number): Promise<Shown> {
    const known = this.#cache.get(index);
    if (known !== undefined) return known;
    const of = address(index);
    const shown = Promise.all([session.invoke('catalog.feature', of), session.invoke('catalog.labels', of), session.invoke('labels.of', of)])
      .then(([feature, { history }, { scores, reviews }]) => ({ feature, history, scores, reviews }));
    this.#cache.set(index, shown);
    shown.catch(() => this.#cache.delete(index));
    for (const old of this.#cache.keys()) {
      if (this.#cache.size <= keep) break;
      this.#cache.delete(old);
    }
    return shown;
  }
}
