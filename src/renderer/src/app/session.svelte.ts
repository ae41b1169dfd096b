/** What every page needs to know: the connection, the machine, the workspace, the jobs, and the catalog that is open. */
import { type ErrorBody, toErrorBody } from '../../../shared/errors.ts';
import type { CommandInput, CommandName, CommandOutput, EventPayload } from '../../../shared/contract.ts';
import type { CatalogInfo, Source } from '../../../shared/schema/catalog.ts';
import type { Job } from '../../../shared/schema/job.ts';
import type { Item, ItemKind, SystemInfo, Workspace } from '../../../shared/schema/workspace.ts';
import type { Client, ConnectionState } from '../client.ts';
import { unitWords, type UnitWords } from '../feature/unit-words.ts';
import { notices } from './notices.svelte.ts';
import { isString, recall, remember } from './preferences.ts';

const live: ReadonlySet<Job['state']> = new Set(['queued', 'running', 'pausing']);

class Session {
  #client: Client | undefined;
  connection = $state<ConnectionState>('connecting');
  system = $state.raw<SystemInfo | null>(null);
  workspace = $state.raw<Workspace | null>(null);
  jobs = $state.raw<readonly Job[]>([]);
  catalog = $state.raw<CatalogInfo | null>(null);
  sourceId = $state<number | null>(null);
  /** Why the catalog of the address could not be opened. */
  catalogError = $state.raw<ErrorBody | null>(null);
  /** Rises whenever a label or a source of the open catalog changed. */
  catalogVersion = $state(0);
  author = $state(recall('author', '', isString));

  readonly source: Source | null = $derived(this.catalog?.sources.find((source) => source.id === this.sourceId) ?? this.catalog?.sources[0] ?? null);
  /** Where the features of the source are units of a model's layer: what they are called. */
  readonly units: UnitWords | null = $derived(unitWords(this.source));
  readonly activeJobs = $derived(this.jobs.filter((job) => live.has(job.state)));
  readonly catalogs = $derived(this.items('catalog'));
  /** Is told of each change of a job, with the state that it had before. */
  onJob: ((before: Job['state'] | undefined, job: Job) => void) | null = null;
  #engineNews: EventPayload<'engine.changed'> | null = null;
  #opening: { ref: string; done: Promise<void> } | null = null;

  get client(): Client {
    if (this.#client === undefined) throw new Error('The session has no client yet: call session.start first.');
    return this.#client;
  }

  /** Connects the session to a client: loads the lists, and loads them again after each reconnection. */
  start(client: Client): void {
    this.#client = client;
    client.on('workspace.changed', () => void Promise.all([this.refreshWorkspace(), this.#refreshJobs()]));
    // Another workspace answers here now: everything that was loaded belongs to the one before.
    client.on('workspace.switched', () => {
      location.hash = '#/';
      location.reload();
    });
    client.on('engine.changed', (news) => {
      this.#engineNews = news;
      if (this.system !== null) this.system = { ...this.system, ...news };
    });
    client.on('job.changed', (job) => this.#putJob(job));
    client.on('job.progress', ({ id, progress }) => this.#patchJob(id, { progress }));
    client.on('catalog.changed', ({ catalog }) => void this.#catalogChanged(catalog));
    client.on('catalog.requested', ({ path }) => {
      // A file of ours is opened at once; one from elsewhere is looked at first.
      const ours = this.catalogs.some((item) => item.path === path && !item.linked);
      location.hash = ours ? `#/features?catalog=${encodeURIComponent(path)}` : `#/share?file=${encodeURIComponent(path)}`;
    });
    client.onState((state) => this.#connected(state));
    this.#connected(client.state);
  }

  invoke<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    return this.client.invoke(name, input);
  }

  /** Calls a command for its effect; a failure becomes a notice and the result is undefined. */
  async attempt<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N> | undefined> {
    try {
      return await this.invoke(name, input);
    } catch (thrown) {
      notices.fail(toErrorBody(thrown));
      return undefined;
    }
  }

  items(kind: ItemKind): readonly Item[] {
    return this.workspace?.items.filter((item) => item.kind === kind) ?? [];
  }

  job(id: string): Job | undefined {
    return this.jobs.find((job) => job.id === id);
  }

  rememberAuthor(author: string): void {
    this.author = author;
    remember('author', author);
  }

  async refreshWorkspace(): Promise<void> {
    this.workspace = (await this.attempt('workspace.list', {})) ?? this.workspace;
  }

  /** The short name of the open catalog in an address: the workspace's id for it, else its path. */
  readonly catalogRef = $derived.by(() => {
    const path = this.catalog?.path;
    if (path === undefined) return '';
    return this.catalogs.find((item) => item.path === path)?.id ?? path;
  });

  /** Opens the catalog that an address names (a workspace id or a path); opening the one that is open does nothing. */
  async openCatalog(ref: string): Promise<void> {
    if (this.workspace === null) await this.refreshWorkspace();
    const path = this.catalogs.find((item) => item.id === ref)?.path ?? ref;
    if (this.catalog?.path === path) return;
    if (this.#opening?.ref === path) return this.#opening.done;
    const done = this.#open(path);
    this.#opening = { ref: path, done };
    await done;
  }

  async #open(path: string): Promise<void> {
    this.catalogError = null;
    try {
      this.useCatalog(await this.invoke('catalog.open', { path }));
    } catch (thrown) {
      this.catalogError = toErrorBody(thrown);
      this.catalog = null;
    } finally {
      this.#opening = null;
    }
  }

  /** Makes `info` the open catalog; the one before it is closed. */
  useCatalog(info: CatalogInfo): void {
    const before = this.catalog;
    this.catalog = info;
    this.catalogError = null;
    if (!info.sources.some((source) => source.id === this.sourceId)) this.sourceId = info.sources[0]?.id ?? null;
    remember('catalog', info.path);
    if (before !== null && before.catalog !== info.catalog) void this.attempt('catalog.close', { catalog: before.catalog });
  }

  #connected(state: ConnectionState): void {
    this.connection = state;
    if (state === 'open') void this.#load();
  }

  async #load(): Promise<void> {
    this.#engineNews = null;
    const [system] = await Promise.all([this.attempt('system.info', {}), this.#refreshJobs(), this.refreshWorkspace()]);
    if (system !== undefined) this.system = this.#withNews(system);
    // Handles do not outlive a host: after a reconnection the catalog is opened again.
    if (this.catalog !== null) await this.#open(this.catalog.path);
  }

  /** News of the engine that came while an answer was on its way is newer than the answer. */
  #withNews(system: SystemInfo): SystemInfo {
    return this.#engineNews === null ? system : { ...system, ...this.#engineNews };
  }

  async #refreshJobs(): Promise<void> {
    this.jobs = (await this.attempt('jobs.list', {}))?.jobs ?? this.jobs;
  }

  async #catalogChanged(handle: string): Promise<void> {
    if (this.catalog?.catalog !== handle) return;
    const info = await this.attempt('catalog.info', { catalog: handle });
    if (info !== undefined && this.catalog?.catalog === handle) this.catalog = info;
    this.catalogVersion++;
  }

  #putJob(job: Job): void {
    const known = this.job(job.id);
    this.onJob?.(known?.state, job);
    this.jobs = known !== undefined ? this.jobs.map((other) => (other.id === job.id ? job : other)) : [job, ...this.jobs];
  }

  #patchJob(id: string, patch: Partial<Job>): void {
    this.jobs = this.jobs.map((job) => (job.id === id ? { ...job, ...patch } : job));
  }
}

export const session = new Session();
