/** One feature: fetched, kept for a few steps back, the next one fetched ahead. */
import { type ErrorBody, toErrorBody } from '../../../shared/errors.ts';
import type { Feature, Label } from '../../../shared/schema/catalog.ts';
import { session } from '../app/session.svelte.ts';
import { type LabelDraft, markLabel, setLabel } from './label-actions.ts';

const keep = 24;

export class FeatureState {
  /** The feature that is shown; the one before stays until the next is there, so that nothing jumps. */
  feature = $state.raw<Feature | null>(null);
  history = $state.raw<readonly Label[]>([]);
  error = $state.raw<ErrorBody | null>(null);
  loading = $state(false);
  saving = $state(false);
  readonly #cache = new Map<string, Promise<Feature>>();
  #wanted = '';
  #version = -1;

  /** Resolves when the feature that was asked for last is shown, or could not be fetched. */
  settled: Promise<void> = Promise.resolve();

  /** Shows feature `index` of the open catalog and source. */
  show(index: number): Promise<void> {
    this.settled = this.#fetch(index);
    return this.settled;
  }

  async #fetch(index: number): Promise<void> {
    if (session.catalogVersion !== this.#version) this.#forget();
    const wanted = this.#key(index);
    this.#wanted = wanted;
    this.loading = true;
    try {
      const history = session.invoke('catalog.labels', this.#address(index));
      // Nobody waits for the history while the feature itself is on its way or could not be read.
      history.catch(() => undefined);
      const feature = await this.#get(index);
      if (this.#wanted !== wanted) return;
      if (feature.index !== this.feature?.index) this.history = [];
      this.feature = feature;
      this.error = null;
      this.loading = false;
      const labels = (await history).history;
      if (this.#wanted === wanted) this.history = labels;
    } catch (thrown) {
      if (this.#wanted === wanted) this.error = toErrorBody(thrown);
    } finally {
      if (this.#wanted === wanted) this.loading = false;
    }
  }

  /** Fetches a feature that will probably be shown next. Errors wait until it is. */
  prefetch(index: number): void {
    this.#get(index).catch(() => undefined);
  }

  /** Writes a label by hand. */
  label(index: number, draft: LabelDraft): Promise<boolean> {
    return this.#write(index, () => setLabel(index, draft, { words: `Labelled feature ${index}: ${draft.text}` }));
  }

  /** Takes the newest label back. */
  undo(index: number): Promise<boolean> {
    const label = this.feature?.index === index ? this.feature.label : null;
    return this.#write(index, () => (label === null ? Promise.resolve(undefined) : markLabel(index, label)));
  }

  async #write(index: number, call: () => Promise<unknown>): Promise<boolean> {
    this.saving = true;
    const done = (await call()) !== undefined;
    this.#cache.delete(this.#key(index));
    if (this.#wanted === this.#key(index)) await this.show(index);
    this.saving = false;
    return done;
  }

  #get(index: number): Promise<Feature> {
    const key = this.#key(index);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const feature = session.invoke('catalog.feature', this.#address(index));
    this.#cache.set(key, feature);
    feature.catch(() => this.#cache.delete(key));
    for (const old of this.#cache.keys()) {
      if (this.#cache.size <= keep) break;
      this.#cache.delete(old);
    }
    return feature;
  }

  #address(index: number): { catalog: string; source: number; index: number } {
    return { catalog: session.catalog?.catalog ?? '', source: session.source?.id ?? 0, index };
  }

  #key(index: number): string {
    return `${session.catalog?.catalog}/${session.source?.id}/${index}`;
  }

  #forget(): void {
    this.#cache.clear();
    this.#version = session.catalogVersion;
  }
}
