/** The catalogs that are open. A handle is the file's real path; one that is not open is opened, so that addresses keep working. */
import { existsSync, realpathSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, isAbsolute, join, sep } from 'node:path';
import { LoupeError } from '../shared/errors.ts';
import type { CatalogInfo, VerifyReport } from '../shared/schema/catalog.ts';
import { copyCatalog, openCatalog, stopThreads, verifyCatalog } from './catalog/client.ts';
import type { CatalogClient } from './catalog/client.ts';
import { kindFolder } from './workspace/layout.ts';

/** Open at one time; the one that was used longest ago is closed for another. */
const maxOpen = 16;

export class CatalogShelf {
  readonly #folder: string;
  /** In order of use, the latest last. */
  readonly #open = new Map<string, Promise<CatalogClient>>();

  constructor(workspace: string) {
    this.#folder = kindFolder(workspace, 'catalog');
  }

  /** The client for a handle or a path. Kind bad-request for a relative path, and the kinds of opening. */
  async get(path: string): Promise<CatalogClient> {
    if (!isAbsolute(path) || path.includes('\0')) throw new LoupeError('bad-request', `catalog: "${path}" is not the whole path of a file`);
    const key = existsSync(path) ? realpathSync(path) : path;
    const opening = this.#open.get(key) ?? openCatalog(key, { readOnly: !this.#isOurs(key) });
    this.#open.delete(key);
    this.#open.set(key, opening);
    opening.catch(() => this.#open.delete(key));
    const client = await opening;
    await this.#closeOldest();
    return client;
  }

  async info(path: string): Promise<CatalogInfo> {
    return (await this.get(path)).info();
  }

  verify(path: string): Promise<VerifyReport> {
    return verifyCatalog(path);
  }

  /** Copies a catalog into the workspace, under its own name or that with a number, and opens the copy. */
  async copy(path: string): Promise<CatalogInfo> {
    const source = await this.get(path);
    const stem = basename(source.path).replace(/\.loupe$/, '');
    let to = join(this.#folder, `${stem}.loupe`);
    for (let n = 2; existsSync(to); n++) to = join(this.#folder, `${stem}-${n}.loupe`);
    // Hidden until it is whole: a scan of the workspace sees no half copy.
    const aside = join(this.#folder, `.${basename(to)}.partial`);
    await copyCatalog(source.path, aside);
    await rename(aside, to);
    return this.info(to);
  }

  async close(path: string): Promise<void> {
    const opening = this.#open.get(path);
    this.#open.delete(path);
    await opening?.then((client) => client.close(), () => {});
  }

  /** Closes everything, and ends the threads, which all shelves of a process share, unless another shelf goes on using them. */
  async closeAll(keepThreads = false): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.close(path)));
    if (!keepThreads) await stopThreads();
  }

  /** A file in our own folder is ours to label; any other is somebody else's until it has been copied. */
  #isOurs(path: string): boolean {
    return existsSync(this.#folder) && path.startsWith(realpathSync(this.#folder) + sep);
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#open.keys();
    if (this.#open.size > maxOpen && oldest !== undefined) await this.close(oldest);
  }
}
