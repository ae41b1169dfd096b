/** The commands on catalogs from others, and the comparison of two, as the contract says them. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateCatalog } from '../../../bench/generate-catalog.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';
import type { Job } from '../../../src/shared/schema/job.ts';
import { openServices } from './transport/host.ts';

let root = '';
let sample = '';

before(() => {
  root = mkdtempSync(join(tmpdir(), 'loupe-sharing-'));
  sample = join(root, 'theirs.loupe');
  generateCatalog(sample, { features: 24, contexts: 12, contextLength: 64, vocabulary: 100, labelled: 0 });
});
after(() => rmSync(root, { recursive: true, force: true }));

test('a file is inspected, previewed, merged and taken back', async (t) => {
  const { invoke, services, workspace } = openServices(t);
  const catalog = join(workspace, 'catalogs', 'mine.loupe');
  const theirs = join(workspace, 'catalogs', 'theirs.loupe');
  for (const path of [catalog, theirs]) copyFileSync(sample, path);
  await invoke('catalog.open', { path: theirs });
  await invoke('catalog.setLabel', { catalog: theirs, source: 1, index: 3, text: 'rivers', author: 'Ben', kind: 'manual', confidence: 4, notes: '' });
  const changed: unknown[] = [];
  services.hub.subscribe((name, payload) => { if (name === 'catalog.changed') changed.push(payload); });
  const preview = (await invoke('share.preview', { catalog, from: theirs })) as { counts: { new: number }; changes: { index: number }[] };
  assert.deepEqual([preview.counts.new, preview.changes.map(({ index }) => index)], [1, [3]]);
  const { merge, labels } = (await invoke('share.merge', { catalog, from: theirs, sources: [], conflicts: 'both', choices: {}, author: 'Ada' })) as { merge: number; labels: number };
  assert.equal(labels, 1);
  assert.deepEqual(changed, [{ catalog, source: null, index: null }]);
  const { merges } = (await invoke('share.merges', { catalog })) as { merges: { id: number; name: string; later: unknown; summary: { labels: number } }[] };
  assert.deepEqual(merges.map((row) => [row.id, row.name, row.later, row.summary.labels]), [[merge, 'theirs.loupe', null, 1]]);
  assert.deepEqual(await invoke('share.undoMerge', { catalog, merge }), { labels: 1 });
});

test('a file from elsewhere is verified before it is opened, and a harmed one never is', async (t) => {
  const { invoke } = openServices(t);
  const inspected = async (): Promise<boolean | null> => ((await invoke('share.inspect', { path: sample })) as { verified: boolean | null }).verified;
  assert.equal(await inspected(), null);
  await invoke('catalog.open', { path: sample });
  assert.equal(await inspected(), true);
  const harmed = join(root, 'harmed.loupe');
  const bytes = readFileSync(sample);
  // An activation beyond its window's largest: SQLite finds nothing wrong with that.
  writeFileSync(harmed, bytes);
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(harmed);
  db.exec('UPDATE examples SET value = maximum * 2 WHERE feature = (SELECT min(feature) FROM examples)');
  db.close();
  for (const command of ['catalog.open', 'catalog.info'] as const) {
    await assert.rejects(invoke(command, command === 'catalog.open' ? { path: harmed } : { catalog: harmed }), (error: LoupeError) => error.kind === 'bad-file' && /is not opened/.test(error.message));
  }
});

test('two catalogs are compared by a job, and labels go across its matches', async (t) => {
  const { invoke, workspace } = openServices(t);
  const [a, b] = ['a', 'b'].map((name) => join(workspace, 'catalogs', `${name}.loupe`)) as [string, string];
  for (const path of [a, b]) copyFileSync(sample, path);
  const { id } = (await invoke('jobs.start', { kind: 'compare', config: { a: { catalog: a, source: 1 }, b: { catalog: b, source: 1 } } })) as { id: string };
  const job = async (): Promise<Job> => (await invoke('jobs.get', { id })) as Job;
  while (['queued', 'running'].includes((await job()).state)) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([(await job()).state, (await job()).error], ['done', null]);
  const { aAt, aValue, figures } = (await invoke('compare.result', { id })) as { aAt: { data: Int32Array }; aValue: { data: Float32Array }; figures: { id: string; a: number; b: number }[] };
  const alive = [...aAt.data.keys()].filter((feature) => aAt.data[feature]! >= 0);
  assert.ok(alive.length > 15 && alive.every((feature) => aValue.data[feature] === 1));
  assert.deepEqual(figures.filter((row) => row.a !== row.b), []);
  const suggestions = [{ index: alive[0]!, text: 'kings', kind: 'manual', author: 'Ada', notes: 'From feature 1 of a.' }];
  assert.deepEqual(await invoke('compare.suggest', { catalog: b, source: 1, suggestions }), { added: 1 });
  assert.deepEqual(((await invoke('compare.labels', { catalog: b, source: 1 })) as { labels: { text: string }[] }).labels.map(({ text }) => text), ['kings']);
});
