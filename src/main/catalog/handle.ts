/**
 * Database handles. A function that takes a ReadHandle cannot write: the type has no way to, and a statement that would is refused.
 *
 * SQL text reaches these only from `tables/` and `migrations/`; values are always bound.
 *
 * Where a statement that runs once a feature sorts or takes a maximum, its values are compared as `column = +?`: SQLite compiles such a
 * statement anew for each bound value if it may plan by that value, which takes ten times as long as running it.
 */
import Database from 'better-sqlite3';
import { LoupeError } from '../../shared/errors.ts';
import { sqliteError } from './sqlite-errors.ts';

export type SqlValue = string | number | bigint | Uint8Array | null;
export type Row = Readonly<Record<string, unknown>>;

export interface ReadHandle {
  readonly path: string;
  get(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  all(sql: string, ...values: readonly SqlValue[]): Row[];
  /** All rows as arrays: for many small ones. */
  table(sql: string, ...values: readonly SqlValue[]): readonly (readonly unknown[])[];
  /** Rows as arrays, one at a time. Nothing else may run on the handle meanwhile. */
  each(sql: string, ...values: readonly SqlValue[]): IterableIterator<readonly unknown[]>;
  pragma(text: string): unknown;
  /** A consistent view over several reads. */
  snapshot<T>(work: () => T): T;
  close(): void;
}

export interface WriteHandle extends ReadHandle {
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly id: number };
  exec(sql: string): void;
  /** All or nothing; takes the write lock at once. */
  transaction<T>(work: () => T): T;
}

type Statement = Database.Statement<unknown[], unknown>;

class Handle implements WriteHandle {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #writable: boolean;
  readonly #statements = new Map<string, Statement>();

  constructor(path: string, db: Database.Database, writable: boolean) {
    this.path = path;
    this.#db = db;
    this.#writable = writable;
  }

  get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#guard(() => this.#reader(sql).get(...values) as Row | undefined);
  }

  all(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#guard(() => this.#reader(sql).all(...values) as Row[]);
  }

  table(sql: string, ...values: readonly SqlValue[]): readonly (readonly unknown[])[] {
    return this.#guard(() => this.#db.prepare(sql).raw().all(...values) as (readonly unknown[])[]);
  }

  *each(sql: string, ...values: readonly SqlValue[]): IterableIterator<readonly unknown[]> {
    try {
      yield* this.#db.prepare(sql).raw().iterate(...values) as IterableIterator<readonly unknown[]>;
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }

  pragma(text: string): unknown {
    return this.#guard(() => this.#db.pragma(text, { simple: true }));
  }

  snapshot<T>(work: () => T): T {
    if (this.#db.inTransaction) return work();
    return this.#guard(() => this.#db.transaction(work).deferred());
  }

  run(sql: string, ...values: readonly SqlValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#guard(() => this.#statement(sql).run(...values));
    return { changes, id: Number(lastInsertRowid) };
  }

  exec(sql: string): void {
    this.#guard(() => this.#db.exec(sql));
  }

  transaction<T>(work: () => T): T {
    if (this.#db.inTransaction) return work();
    return this.#guard(() => this.#db.transaction(work).immediate());
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.open) this.#db.close();
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  #reader(sql: string): Statement {
    const statement = this.#statement(sql);
    if (!statement.readonly && !this.#writable) throw new LoupeError('defect', `a reader was given a statement that writes: ${sql}`);
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }
}

function connect(path: string, readonly: boolean, create: boolean): Database.Database {
  try {
    const db = new Database(path, { readonly, fileMustExist: !create, timeout: 10_000 });
    // better-sqlite3 sets SQLITE_DBCONFIG_DEFENSIVE itself. Functions with side effects must not run out of a foreign schema,
    // broken cells must be noticed, and a file that shrinks under a memory map would be a bus error.
    for (const line of ['trusted_schema = OFF', 'cell_size_check = ON', 'mmap_size = 0', 'foreign_keys = ON', 'temp_store = MEMORY']) db.pragma(line);
    return db;
  } catch (error) {
    throw sqliteError(error, path);
  }
}

/** A handle that cannot write. Kinds not-found, bad-file. */
export function openReader(path: string): ReadHandle {
  const db = connect(path, true, false);
  // One feature's examples touch some fifty pages all over the contexts: 64 MiB keep those of many features at hand.
  for (const line of ['query_only = ON', 'cache_size = -65536']) db.pragma(line);
  return new Handle(path, db, false);
}

/**
 * A handle that can write; with `create` the file may be new. The journal is a rollback journal, so a catalog is one file whenever no
 * transaction runs, and a kill in a transaction is undone by whoever opens the file next. Kinds not-found, read-only, bad-file.
 */
export function openWriter(path: string, create: boolean): WriteHandle {
  const db = connect(path, false, create);
  try {
    for (const line of ['journal_mode = DELETE', 'synchronous = FULL', 'cache_size = -65536']) db.pragma(line);
  } catch (error) {
    db.close();
    throw sqliteError(error, path);
  }
  return new Handle(path, db, true);
}

/** An empty database in memory: the pattern that schemas are compared with. */
export function openMemory(): WriteHandle {
  return new Handle(':memory:', new Database(':memory:'), true);
}
