/**
 * The catalogs that are open. A handle is the file's real path; one that is not open is opened, so that addresses keep working.
 *
 * A file from someone else is verified from header to rows before it is opened: nothing of it is ever shown unverified.
 */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, isAbsolute, join, sep } from 'node:path';
import { LoupeError } from '../shared/errors.ts';
import type { CatalogInfo, VerifyReport } from '../shared/schema/catalog.ts';
import type { ForeignCatalog } from '../shared/schema/share.ts';
import { copyCatalog, inspectForeign, openCatalog, stopThreads, verifyCatalog } from './catalog/client.ts';
import type { CatalogClient } from './catalog/client.ts';
import { kindFolder } from './workspace/layout.ts';

/** Open at one time; the one that was used longest ago is closed for another. */
const maxOpen = 16;

export class CatalogShelf {
  readonly #folder: string;
  /** In order of use, the latest last. */
  readonly #open = new Map<string, Promise<CatalogClient>>();
  /** What verifying found, by path and by the state of the file that was looked at. */
  readonly #verified = new Map<string, { readonly stamp: string; readonly report: Promise<VerifyReport> }>();

  constructor(workspace: string) {
    this.#folder = kindFolder(workspace, 'catalog');
  }

  /** The client for a handle or a path. Kind bad-request for a relative path, and the kinds of opening. */
  async get(path: string): Promise<CatalogClient> {
    if (!isAbsolute(path) || path.includes('\0')) throw new LoupeError('bad-request', `catalog: "${path}" is not the whole path of a file`);
    const key = existsSync(path) ? realpathSync(path) : path;
    const opening = this.#open.get(key) ?? this.#openKey(key);
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

  /** Checks the file once for each state that it is in. */
  verify(path: string): Promise<VerifyReport> {
    const key = existsSync(path) ? realpathSync(path) : path;
    const stamp = stampOf(key);
    const known = this.#verified.get(key);
    if (stamp !== '' && known?.stamp === stamp) return known.report;
    const report = verifyCatalog(key);
    // A file of ours may change in ways that leave its size and time alone for a moment: its report is not kept.
    if (!this.#isOurs(key)) this.#verified.set(key, { stamp, report });
    report.catch(() => this.#verified.delete(key));
    return report;
  }

  /** What a file from anywhere says of itself. Kinds: not-found, bad-file, catalog-from-future. */
  async inspect(path: string): Promise<ForeignCatalog> {
    if (!isAbsolute(path) || path.includes('\0')) throw new LoupeError('bad-request', `path: "${path}" is not the whole path of a file`);
    const found = await inspectForeign(path);
    const known = this.#verified.get(found.path);
    const report = known?.stamp === stampOf(found.path) ? await known?.report : undefined;
    return { ...found, ours: this.#isOurs(found.path), verified: report?.ok ?? null };
  }

  /** Copies a catalog into the workspace, under its own name or that with a number, and opens the copy. */
  async copy(path: string): Promise<CatalogInfo> {
    const from = existsSync(path) ? realpathSync(path) : path;
    const stem = basename(from).replace(/\.loupe$/, '');
    let to = join(this.#folder, `${stem}.loupe`);
    for (let n = 2; existsSync(to); n++) to = join(this.#folder, `${stem}-${n}.loupe`);
    // Hidden until it is whole: a scan of the workspace sees no half copy.
    const aside = join(this.#folder, `.${basename(to)}.partial`);
    await copyCatalog(from, aside);
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

  async #openKey(key: string): Promise<CatalogClient> {
    if (this.#isOurs(key)) return openCatalog(key);
    if (existsSync(key)) {
      const { ok, problems } = await this.verify(key);
      if (!ok) throw new LoupeError(kindOf(problems), `${key} is not opened: ${problems[0] ?? 'it is not sound'}`, problems.join('\n'));
    }
    return openCatalog(key, { readOnly: true });
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

/** The state of a file, for knowing whether it is the one that was looked at; empty when there is none. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino}/${found.size}/${found.mtimeMs}/${found.ctimeMs}`;
}

/** Everything but a newer schema is damage. */
function kindOf(problems: readonly string[]): 'catalog-from-future' | 'bad-file' {
  return problems.length === 1 && problems[0]!.includes('was written by a newer Loupe') ? 'catalog-from-future' : 'bad-file';
}
