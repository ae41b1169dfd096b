/** What the Experts page knows: the model's experts, what a run found of them, what is marked, and what purges did. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import { purgeResultSchema, type ExpertLayer, type ExpertModel, type ExpertsResult, type ExpertUse, type PurgeResult } from '../../../../shared/schema/experts.ts';
import type { Job } from '../../../../shared/schema/job.ts';
import { session } from '../../app/session.svelte.ts';
import { asBits, domainOf, emptySelection, ofDomain, selectedCount, type Selection } from '../../experts/selection.ts';
import { specsOf, type DomainRow } from './domain-rows.ts';

export interface Purge {
  readonly job: Job;
  readonly result: PurgeResult | null;
}

export class ExpertsState {
  path = $state<string | null>(null);
  about = $state.raw<ExpertModel | null>(null);
  aboutError = $state.raw<ErrorBody | null>(null);
  result = $state.raw<ExpertsResult | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  layer = $state.raw<{ readonly run: string; readonly layer: number; readonly data: ExpertLayer } | null>(null);
  uses = $state.raw<{ readonly expert: number; readonly uses: readonly ExpertUse[] } | null>(null);
  selection = $state.raw<Selection>(emptySelection);
  /** The domain of each expert by layer, once they are needed: "all of a domain" reaches over layers. */
  owners = $state.raw<readonly Int32Array[] | null>(null);
  #run = '';
  #usesOf = '';

  readonly jobs = $derived(session.jobs.filter(({ kind, config }) => kind === 'lm-experts' && config.model === this.path));
  readonly purges: readonly Purge[] = $derived(session.jobs.filter(({ kind, config }) => kind === 'lm-purge' && config.model === this.path).map((job) => {
    const parsed = purgeResultSchema.safeParse(job.result);
    return { job, result: parsed.success ? parsed.data : null };
  }));
  readonly selected = $derived(selectedCount(this.selection));
  /** The domain whose experts are marked, all of them. */
  readonly target = $derived(this.owners === null || this.result === null ? null : domainOf(this.selection, this.owners, this.result.domains.length));

  /** Looks at another model; what belongs to the one before goes. */
  async look(path: string | null): Promise<void> {
    if (path === this.path && this.aboutError === null) return;
    Object.assign(this, { path, about: null, aboutError: null, result: null, error: null, layer: null, uses: null, selection: emptySelection, owners: null });
    this.#run = '';
    if (path === null) return;
    try {
      const about = await session.invoke('experts.describe', { path });
      if (this.path === path) this.about = about;
    } catch (thrown) {
      if (this.path === path) this.aboutError = toErrorBody(thrown);
    }
  }

  /** Reads what a finished run found. */
  async open(run: string): Promise<void> {
    if (run === this.#run) return;
    this.#run = run;
    Object.assign(this, { result: null, error: null, layer: null, uses: null, selection: emptySelection, owners: null });
    try {
      const result = await session.invoke('experts.result', { id: run });
      if (this.#run === run) this.result = result;
    } catch (thrown) {
      if (this.#run === run) this.error = toErrorBody(thrown);
    }
  }

  async showLayer(layer: number): Promise<void> {
    const run = this.#run;
    if (this.layer?.run === run && this.layer.layer === layer) return;
    try {
      const data = await session.invoke('experts.layer', { id: run, layer });
      if (this.#run === run) this.layer = { run, layer, data };
    } catch (thrown) {
      if (this.#run === run) this.error = toErrorBody(thrown);
    }
  }

  /** The tokens that use an expert most; answers that come late are dropped. */
  async showUses(layer: number, expert: number | null): Promise<void> {
    const [run, key] = [this.#run, `${this.#run} ${layer} ${expert}`];
    this.#usesOf = key;
    if (expert === null || this.result === null) {
      this.uses = null;
      return;
    }
    const found = await session.attempt('experts.uses', { id: run, layer, expert });
    if (this.#usesOf === key && found !== undefined) this.uses = { expert, uses: found.uses };
  }

  async #allOwners(): Promise<readonly Int32Array[]> {
    const [run, result] = [this.#run, this.result];
    if (this.owners !== null || result === null) return this.owners ?? [];
    const owners: Int32Array[] = [];
    for (let layer = 0; layer < result.layers; layer++) {
      const data = this.layer?.run === run && this.layer.layer === layer ? this.layer.data : await session.invoke('experts.layer', { id: run, layer });
      owners.push(data.owners.data as Int32Array);
    }
    if (this.#run === run) this.owners = owners;
    return owners;
  }

  /** Marks every expert of a domain, in all layers. */
  async selectDomain(domain: number): Promise<void> {
    try {
      this.selection = ofDomain(await this.#allOwners(), domain);
    } catch (thrown) {
      this.error = toErrorBody(thrown);
    }
  }

  async attribute(rows: readonly DomainRow[], tokens: number, factor: number): Promise<string | null> {
    if (this.path === null) return null;
    const started = await session.attempt('jobs.start', { kind: 'lm-experts', config: { model: this.path, domains: specsOf(rows), tokens, factor } });
    return started?.id ?? null;
  }

  /** Switches what is marked off and measures, as a job. */
  async purge(): Promise<void> {
    const { path, result } = this;
    if (path === null || result === null || this.selected === 0) return;
    const target = this.target === null ? null : result.domains[this.target]!.name;
    const tokens = Math.max(...result.domains.map((domain) => domain.tokens));
    await session.attempt('jobs.start', {
      kind: 'lm-purge',
      config: { model: path, domains: result.domains.map(({ name, corpus }) => ({ name, corpus })), tokens: Math.max(64, tokens), off: asBits(this.selection, result.experts), target },
    });
  }
}
