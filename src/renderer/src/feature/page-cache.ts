/** Pages of a long list, fetched when a row of theirs is wanted and kept for the most recent ones. Pure but for `fetch`. */

export interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

export interface PageCacheOptions<T> {
  readonly pageSize: number;
  /** How many pages are kept; the least recently used go first. */
  readonly keep: number;
  readonly fetch: (offset: number, limit: number) => Promise<Page<T>>;
  readonly onChange: () => void;
  readonly onError: (thrown: unknown) => void;
}

export class PageCache<T> {
  readonly #options: PageCacheOptions<T>;
  readonly #pages = new Map<number, readonly T[]>();
  readonly #wanted = new Map<number, Promise<void>>();
  #total: number | null = null;
  #closed = false;

  constructor(options: PageCacheOptions<T>) {
    this.#options = options;
  }

  /** Rows in all; null until the first page came. */
  get total(): number | null {
    return this.#total;
  }

  /** The row at `index`, or undefined while its page is being fetched. Asking is what fetches it. */
  row(index: number): T | undefined {
    const number = Math.floor(index / this.#options.pageSize);
    const page = this.#pages.get(number);
    if (page === undefined) {
      void this.#want(number);
      return undefined;
    }
    this.#pages.delete(number);
    this.#pages.set(number, page);
    return page[index - number * this.#options.pageSize];
  }

  /** The row at `index` where it is there; nothing is fetched, and no page counts as used. */
  loaded(index: number): T | undefined {
    const number = Math.floor(index / this.#options.pageSize);
    return this.#pages.get(number)?.[index - number * this.#options.pageSize];
  }

  /** The row, once it is there; undefined past the end. */
  async wait(index: number): Promise<T | undefined> {
    const number = Math.floor(index / this.#options.pageSize);
    if (!this.#pages.has(number)) await this.#want(number);
    return this.#pages.has(number) ? this.row(index) : undefined;
  }

  /** The place of the first loaded row that `matches`, or null. */
  find(matches: (row: T) => boolean): number | null {
    for (const [number, rows] of this.#pages) {
      const at = rows.findIndex(matches);
      if (at >= 0) return number * this.#options.pageSize + at;
    }
    return null;
  }

  /** Answers that arrive after this are dropped. */
  close(): void {
    this.#closed = true;
  }

  /** One request a page at a time, whoever asks. */
  #want(number: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const loading = this.#wanted.get(number) ?? this.#load(number).finally(() => this.#wanted.delete(number));
    this.#wanted.set(number, loading);
    return loading;
  }

  async #load(number: number): Promise<void> {
    try {
      const page = await this.#options.fetch(number * this.#options.pageSize, this.#options.pageSize);
      if (this.#closed) return;
      this.#total = page.total;
      this.#pages.set(number, page.rows);
      this.#evict();
      this.#options.onChange();
    } catch (thrown) {
      if (!this.#closed) this.#options.onError(thrown);
    }
  }

  #evict(): void {
    for (const number of this.#pages.keys()) {
      if (this.#pages.size <= this.#options.keep) return;
      this.#pages.delete(number);
    }
  }
}
