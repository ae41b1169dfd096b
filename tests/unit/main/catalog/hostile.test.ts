/** Files that are no catalogs, were cut off, were tampered with, or come from the future: each is refused in words, none crashes. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { Random } from '../../../../src/engine/random.ts';
import { copyCatalog, openCatalog, setSlowQueryLog, stopThreads, verifyCatalog } from '../../../../src/main/catalog/client.ts';
import { errorKinds, LoupeError } from '../../../../src/shared/errors.ts';

let folder: string;
let good: string;
let bad: string;

before(() => {
  setSlowQueryLog(() => {});
  folder = mkdtempSync(join(tmpdir(), 'loupe-hostile-'));
  good = join(folder, 'good.loupe');
  bad = join(folder, 'bad.loupe');
  generateCatalog(good, { features: 60, contexts: 20, contextLength: 64, vocabulary: 200 });
});

beforeEach(() => copyFileSync(good, bad));

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

const kind = (expected: string, words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof LoupeError, String(error));
  assert.equal(error.kind, expected, error.message);
  assert.match(error.message, words);
  return true;
};

/** Refused when opened, in both ways, and by verify. */
async function refused(expected: string, words: RegExp): Promise<void> {
  await assert.rejects(openCatalog(bad), kind(expected, words));
  await assert.rejects(openCatalog(bad, { readOnly: true }), kind(expected, words));
  const report = await verifyCatalog(bad);
  assert.equal(report.ok, false);
  assert.match(report.problems.join('\n'), words);
}

/** Changes the file as somebody with SQLite and without our rules would. */
function tamper(...statements: readonly string[]): void {
  const db = new Database(bad);
  db.unsafeMode(true);
  db.pragma('foreign_keys = OFF');
  db.pragma('writable_schema = ON');
  db.pragma('ignore_check_constraints = ON');
  for (const sql of statements) db.exec(sql);
  db.close();
}

describe('what is no catalog', () => {
  test('random bytes', async () => {
    const random = Random.from(3);
    writeFileSync(bad, Uint8Array.from({ length: 10_000 }, () => random.integer(256)));
    await refused('bad-file', /not an SQLite file/);
  });

  test('an empty file, and a folder', async () => {
    writeFileSync(bad, '');
    await refused('bad-file', /not an SQLite file/);
    const dir = join(folder, 'dir.loupe');
    mkdirSync(dir, { recursive: true });
    await assert.rejects(openCatalog(dir), kind('bad-file', /is a folder/));
  });

  test('an SQLite file of another program', async () => {
    rmSync(bad);
    const db = new Database(bad);
    db.exec('CREATE TABLE t (a)');
    db.close();
    await refused('bad-file', /no Loupe catalog/);
  });

  test('a path that does not exist', () => assert.rejects(openCatalog(join(folder, 'none.loupe')), kind('not-found', /none\.loupe/)));
});

describe('what was harmed', () => {
  test('a truncated file says how much of it there is', async () => {
    truncateSync(bad, 40_000);
    await refused('bad-file', /cut off: it has 40000 of \d+ bytes/);
  });

  test('a newer schema', async () => {
    tamper('PRAGMA user_version = 99');
    await refused('catalog-from-future', /schema 99/);
  });

  test('damaged pages: whatever a reader meets is an error of a kind or an answer, and verify says so', async () => {
    const random = Random.from(5);
    const bytes = readFileSync(good);
    let unsound = 0;
    for (let round = 0; round < 20; round++) {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < 30; i++) copy[200 + random.integer(copy.length - 200)] = random.integer(256);
      const path = join(folder, `damaged-${round}.loupe`);
      writeFileSync(path, copy);
      if (!(await verifyCatalog(path)).ok) unsound++;
      try {
        const catalog = await openCatalog(path, { readOnly: true });
        try {
          for (const index of [0, 17, 42]) await catalog.feature({ source: 1, index });
          await catalog.features({ source: 1, sort: 'label', descending: true, filter: {}, search: 'the', offset: 0, limit: 100 });
        } finally {
          await catalog.close();
        }
      } catch (error) {
        assert.ok(error instanceof LoupeError && errorKinds.includes(error.kind) && error.kind !== 'defect', `${String(error)} ${error instanceof LoupeError ? error.detail : ''}`);
      }
      rmSync(path);
    }
    assert.ok(unsound >= 15, `${unsound} of 20 were noticed`);
  });
});

describe('what was smuggled in', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a trigger', 'CREATE TRIGGER evil AFTER INSERT ON labels BEGIN DELETE FROM labels; END'],
    ['a view', 'CREATE VIEW evil AS SELECT * FROM labels'],
    ['a virtual table of another kind', 'CREATE VIRTUAL TABLE evil USING rtree (id, a, b)'],
    ['a table', 'CREATE TABLE evil (a)'],
    ['an index', 'CREATE INDEX evil ON labels (author)'],
    ['a trigger under a name of SQLite', `INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('trigger', 'sqlite_stat9', 'labels', 0, 'CREATE TRIGGER sqlite_stat9 AFTER INSERT ON labels BEGIN DELETE FROM labels; END')`],
  ];
  for (const [what, sql] of cases) {
    test(`${what} is refused`, async () => {
      tamper(sql);
      await refused('bad-file', /Loupe never makes|damaged/);
    });
  }

  test('a changed table is refused', async () => {
    tamper(`UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (firings >= 0)', '') WHERE name = 'features'`);
    await refused('bad-file', /table features is not as Loupe makes it/);
  });

  test('a journal beside a file from someone else is not believed', async () => {
    writeFileSync(`${bad}-journal`, 'x'.repeat(600));
    await assert.rejects(openCatalog(bad, { readOnly: true }), kind('bad-file', /journal/));
    rmSync(`${bad}-journal`);
  });

  test('a file in WAL mode from someone else is not opened, and nothing is written beside it', async () => {
    tamper('PRAGMA journal_mode = WAL');
    await assert.rejects(openCatalog(bad, { readOnly: true }), kind('bad-file', /not closed/));
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('bad.loupe-')), []);
  });
});

describe('rows that break the rules', () => {
  /** Sound schema, unsound rows: opens, is not verified, is not copied, and reading the row is an error of a kind. */
  async function unsound(words: RegExp, ...statements: readonly string[]): Promise<void> {
    tamper(...statements);
    const report = await verifyCatalog(bad);
    assert.equal(report.ok, false);
    assert.match(report.problems.join('\n'), words);
    const to = join(folder, 'copied.loupe');
    await assert.rejects(copyCatalog(bad, to), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
    assert.equal(existsSync(to), false);
    assert.deepEqual(readdirSync(folder).filter((name) => name.includes('partial')), []);
  }

  test('a histogram of the wrong length', () => unsound(/histogram/, 'UPDATE feature_details SET histogram = zeroblob(12) WHERE idx = 3'));
  test('a blob of a megabyte', () => unsound(/histogram/, 'UPDATE feature_details SET histogram = zeroblob(1000000) WHERE idx = 3'));
  test('a blob that is no multiple of its unit', () => unsound(/tokens/, 'UPDATE contexts SET tokens = zeroblob(63) WHERE id = 2'));
  test('an example beyond its context', () => unsound(/does not fit/, 'UPDATE examples SET start = 60, peak = 60 WHERE feature = 1 AND grp = 0 AND rank = 0'));
  test('an example in a context that is not there', () => unsound(/not there|does not hold/, 'UPDATE examples SET context = 999 WHERE feature = 1 AND grp = 0 AND rank = 0'));
  test('a token that the vocabulary lacks', () => unsound(/vocabulary lacks/, `UPDATE contexts SET tokens = CAST(x'ffffff7f' || substr(tokens, 5) AS BLOB) WHERE id = 1`));
  test('a density that the firings do not give', () => unsound(/density/, 'UPDATE features SET density = 0.9 WHERE idx = 2'));
  test('a label of another kind', () => unsound(/unknown kind|CHECK/, `UPDATE labels SET kind = 'evil'`));

  test('reading such a row is an error of a kind', async () => {
    tamper('UPDATE feature_details SET logits = zeroblob(7) WHERE idx = 3');
    const catalog = await openCatalog(bad, { readOnly: true });
    await assert.rejects(catalog.feature({ source: 1, index: 3 }), kind('bad-file', /logits/));
    assert.equal((await catalog.feature({ source: 1, index: 4 })).index, 4);
    await catalog.close();
  });
});

describe('places that cannot be written', () => {
  /** Mounts a tmpfs of `size` and runs `work` in it; says aloud when that is not allowed here. */
  async function onTmpfs(t: { skip(message: string): void }, size: string, work: (mount: string, remountReadOnly: () => void) => Promise<void>): Promise<void> {
    const mount = mkdtempSync(join(tmpdir(), 'loupe-mount-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'loupe', mount]).status !== 0) {
      rmSync(mount, { recursive: true });
      return t.skip('no tmpfs can be mounted here (it takes root on Linux)');
    }
    try {
      await work(mount, () => execFileSync('mount', ['-o', 'remount,ro', mount]));
    } finally {
      await stopThreads();
      spawnSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true, force: true });
    }
  }

  test('on a read-only disk a catalog opens for reading', (t) => onTmpfs(t, '20m', async (mount, remount) => {
    const path = join(mount, 'c.loupe');
    copyFileSync(good, path);
    remount();
    const catalog = await openCatalog(path);
    assert.equal(catalog.readOnly, true);
    assert.equal((await catalog.feature({ source: 1, index: 5 })).index, 5);
    await catalog.close();
    await assert.rejects(copyCatalog(good, join(mount, 'd.loupe')), kind('read-only', /cannot be written/));
  }));

  test('on a full disk a copy leaves nothing, and a label leaves the catalog as it was', (t) => onTmpfs(t, '280k', async (mount) => {
    await assert.rejects(copyCatalog(good, join(mount, 'd.loupe')), kind('no-space', /full/));
    assert.deepEqual(readdirSync(mount), []);
    const small = join(mount, 'c.loupe');
    generateCatalog(small, { features: 2, contexts: 2, contextLength: 20, vocabulary: 30, labelled: 0 });
    spawnSync('sh', ['-c', `cat /dev/zero > ${join(mount, 'fill')}`]);
    const catalog = await openCatalog(small);
    await assert.rejects(catalog.setLabel({ source: 1, index: 1, text: 'x'.repeat(2000), author: 'a', kind: 'manual', confidence: null, notes: 'y'.repeat(20_000) }), kind('no-space', /full/));
    assert.deepEqual((await catalog.labels({ source: 1, index: 1 })).history, []);
    await catalog.close();
    rmSync(join(mount, 'fill'));
    assert.deepEqual((await verifyCatalog(small)).problems, []);
  }));
});
