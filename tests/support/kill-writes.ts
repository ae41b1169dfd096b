/** Kills a process in the middle of a kind of write, and looks at what it leaves. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalogWriter } from '../../src/main/catalog/opening.ts';
import { schemaVersion } from '../../src/main/catalog/schema.ts';
import { merges } from '../../src/main/catalog/tables/merges.ts';
import { peopleRows } from '../../src/main/catalog/tables/people.ts';
import { sources } from '../../src/main/catalog/tables/sources.ts';
import { verify } from '../../src/main/catalog/verify.ts';
import { prepareWrites } from './catalog-writes.ts';
import type { WriteKind } from './catalog-writes.ts';

const child = join(import.meta.dirname, 'catalog-writes.ts');

/** Runs the writes and kills them `after` ms after they began. */
function killed(kind: WriteKind, folder: string, after: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, kind, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    running.stderr.on('data', (data: Buffer) => void (stderr = (stderr + String(data)).slice(-4000)));
    running.stdout.once('data', () => setTimeout(() => running.kill('SIGKILL'), after));
    running.once('close', (_code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`${kind}: it ended by itself\n${stderr}`))));
  });
}

/** A whole file of ours: a writer rolls back what was half done, then every row is checked. */
function requireWhole(path: string): void {
  openCatalogWriter(path).close();
  assert.deepEqual(verify(path).problems, [], path);
}

/** Either all of the merge or none of it. */
function requireMergeWhole(path: string): void {
  const db = openCatalogWriter(path);
  const standing = merges(db).filter(({ undoneAt }) => undoneAt === null).length;
  const labels = peopleRows(db, 'labels').size;
  assert.deepEqual([sources(db).length, labels > 0, standing <= 1], [1 + standing, standing === 1, true]);
  db.close();
}

function requireListsWhole(path: string): void {
  const db = openCatalogWriter(path);
  assert.equal(peopleRows(db, 'list_items').size, 40 * peopleRows(db, 'lists').size);
  db.close();
}

/** One kill of one kind of write in a folder of its own. Throws when what is left is neither before nor after. */
export async function killRound(kind: WriteKind, after: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `loupe-kill-${kind}-`));
  try {
    prepareWrites(folder);
    await killed(kind, folder, after);
    requireWhole(join(folder, 'mine.loupe'));
    if (kind === 'merge' || kind === 'undo-merge') requireMergeWhole(join(folder, 'mine.loupe'));
    if (kind === 'list') requireListsWhole(join(folder, 'mine.loupe'));
    assert.deepEqual(verify(join(folder, 'theirs.loupe')).problems, [], 'what was only read');
    for (const name of readdirSync(folder).filter((entry) => /^copy-\d\.loupe$/.test(entry))) requireWhole(join(folder, name));
    const lifted = join(folder, 'lifted.loupe');
    if (kind === 'migration' && existsSync(lifted)) requireLifted(lifted);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file whose migration was killed has all its rows, and its next writer ends the migration. A copy of bytes that was cut short is not ours to judge. */
function requireLifted(path: string): void {
  try {
    openCatalogWriter(path).close();
  } catch (error) {
    // The kill fell into the copying of the old file, before any migration began.
    assert.match((error as Error).message, /cut off|damaged|no catalog|SQLite/);
    return;
  }
  const db = openCatalogWriter(path);
  assert.equal(Number(db.pragma('user_version')), schemaVersion);
  assert.equal(Number(db.get('SELECT count(*) AS n FROM features')!['n']), 4000);
  db.close();
}
