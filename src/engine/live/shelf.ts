/**
 * Models and dictionaries that are kept loaded: the least recently used go when room is wanted for another, and all go after a while
 * without use. What somebody is using (a lease) never goes.
 */
import { LoupeError } from '../../shared/errors.ts';

export interface Held {
  dispose(): void;
}

/** The right to use a thing on the shelf until it is given back. */
export interface Lease<T> {
  readonly value: T;
  readonly release: () => void;
}

/** Memory in bytes: what can be had without swapping, and what the machine has in all. */
export interface Room {
  readonly available: number;
  readonly total: number;
}

export interface Order<T extends Held> {
  readonly kind: 'model' | 'dictionary';
  readonly path: string;
  /** Changes when the files at the path do. */
  readonly stamp: string;
  /** What it will take once loaded, bytes. */
  readonly bytes: number;
  readonly load: () => Promise<T>;
}

interface Entry {
  readonly kind: Order<Held>['kind'];
  readonly path: string;
  readonly bytes: number;
  readonly value: Promise<Held>;
  users: number;
  /** Its files have changed: gone as soon as nobody uses it. */
  stale: boolean;
}

/** Of what is available now, and of all memory, that models and dictionaries may take: training and the studio want some too. */
const [shareOfAvailable, shareOfTotal] = [0.7, 0.5];

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`;

export class Shelf {
  readonly #room: () => Room;
  /** In order of use, the latest last. */
  readonly #entries = new Map<string, Entry>();

  constructor(room: () => Room) {
    this.#room = room;
  }

  /** Loads what is not there, once, however many ask. Kinds: those of `load`, out-of-memory with what it needs and what there is. */
  async lease<T extends Held>(order: Order<T>): Promise<Lease<T>> {
    const key = `${order.kind}:${order.path}:${order.stamp}`;
    for (const [other, entry] of this.#entries) if (entry.kind === order.kind && entry.path === order.path && other !== key) entry.stale = true;
    const entry = this.#entries.get(key) ?? this.#begin(key, order);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      const value = (await entry.value) as T;
      let given = false;
      return { value, release: () => {
        if (given) return;
        given = true;
        entry.users--;
        this.#dropStale();
      } };
    } catch (error) {
      entry.users--;
      this.#entries.delete(key);
      throw error;
    }
  }

  /** What is there, the least recently used first. */
  get held(): { readonly kind: Entry['kind']; readonly path: string; readonly bytes: number; readonly used: boolean }[] {
    return [...this.#entries.values()].map(({ kind, path, bytes, users }) => ({ kind, path, bytes, used: users > 0 }));
  }

  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Bytes that may be held in all. */
  get bound(): number {
    const { available, total } = this.#room();
    return Math.min(shareOfTotal * total, this.bytes + shareOfAvailable * available);
  }

  /** Frees everything that nobody is using. */
  clear(): void {
    for (const [key, entry] of this.#entries) if (entry.users === 0) this.#drop(key, entry);
  }

  #begin<T extends Held>(key: string, order: Order<T>): Entry {
    this.#makeRoom(order);
    const entry: Entry = { kind: order.kind, path: order.path, bytes: order.bytes, value: order.load(), users: 0, stale: false };
    this.#entries.set(key, entry);
    return entry;
  }

  #makeRoom({ kind, path, bytes }: Order<Held>): void {
    this.#dropStale();
    const bound = this.bound;
    const free = [...this.#entries].filter(([, entry]) => entry.users === 0);
    const fixed = this.bytes - free.reduce((sum, [, entry]) => sum + entry.bytes, 0);
    if (fixed + bytes > bound) {
      const inUse = fixed === 0 ? '' : `, of which ${mib(fixed)} are in use`;
      throw new LoupeError('out-of-memory', `the ${kind} ${path} needs about ${mib(bytes)} of memory, and ${mib(bound)} can be used for models and dictionaries${inUse}. Close other programs, pause a running job, or take a smaller one.`);
    }
    for (const [key, entry] of free) {
      if (this.bytes + bytes <= bound) return;
      this.#drop(key, entry);
    }
  }

  #dropStale(): void {
    for (const [key, entry] of this.#entries) if (entry.stale && entry.users === 0) this.#drop(key, entry);
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    void entry.value.then((value) => value.dispose(), () => {});
  }
}
