import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateCatalog } from '../../../bench/generate-catalog.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';
import { openServices } from './transport/host.ts';

let root = '';
let sample = '';

before(() => {
  root = mkdtempSync(join(tmpdir(), 'loupe-catalogs-'));
  sample = join(root, 'theirs.loupe');
  generateCatalog(sample, { features: 64, contexts: 200, labelled: 0.2 });
});
after(() => rmSync(root, { recursive: true, force: true }));

test('every catalog command is answered as the contract says, on a catalog of our own', async (t) => {
  const { invoke, services, workspace } = openServices(t);
  const path = join(workspace, 'catalogs', 'mine.loupe');
  copyFileSync(sample, path);
  const events: unknown[] = [];
  services.hub.subscribe((name, payload) => { if (name === 'catalog.changed') events.push(payload); });
  const info = (await invoke('catalog.open', { path })) as { catalog: string; readOnly: boolean; sources: { id: number }[] };
  assert.equal(info.readOnly, false);
  const { catalog } = info;
  const source = info.sources[0]!.id;
  const page = (await invoke('catalog.features', { catalog, source, sort: 'max', descending: true, filter: {}, search: null, offset: 0, limit: 10 })) as { total: number; rows: { index: number }[] };
  assert.equal(page.total, 64);
  assert.equal(page.rows.length, 10);
  const { index } = page.rows[0]!;
  await invoke('catalog.feature', { catalog, source, index });
  const { columns } = (await invoke('catalog.columns', { catalog, source, names: ['density', 'max'] })) as { columns: { shape: number[] }[] };
  assert.deepEqual(columns.map((column) => column.shape), [[64], [64]]);
  const { label } = (await invoke('catalog.setLabel', { catalog, source, index, text: 'rivers', author: 'me', kind: 'manual', confidence: 4, notes: '' })) as { label: { text: string } };
  assert.equal(label.text, 'rivers');
  const { hits } = (await invoke('catalog.search', { catalog, source, text: 'rivers', in: 'labels', limit: 5 })) as { hits: { index: number }[] };
  assert.equal(hits[0]!.index, index);
  const { history } = (await invoke('catalog.labels', { catalog, source, index })) as { history: unknown[] };
  await invoke('catalog.undoLabel', { catalog, source, index });
  assert.ok(history.length >= 1);
  assert.deepEqual(events, [{ catalog, source, index }, { catalog, source, index }]);
  assert.equal(((await invoke('catalog.verify', { path })) as { ok: boolean }).ok, true);
  await invoke('catalog.close', { catalog });
  // A handle outlives its closing: an address that was copied still leads there.
  assert.equal(((await invoke('catalog.info', { catalog })) as { catalog: string }).catalog, catalog);
});

test('a file from elsewhere is read-only until it is copied; the copy is ours', async (t) => {
  const { invoke, workspace } = openServices(t);
  const theirs = (await invoke('catalog.open', { path: sample })) as { catalog: string; readOnly: boolean; sources: { id: number }[] };
  assert.equal(theirs.readOnly, true);
  const label = { source: theirs.sources[0]!.id, index: 0, text: 'x', author: 'me', kind: 'manual', confidence: null, notes: '' };
  await assert.rejects(invoke('catalog.setLabel', { catalog: theirs.catalog, ...label }), (e: LoupeError) => e.kind === 'read-only');
  for (const name of ['theirs.loupe', 'theirs-2.loupe']) {
    const copy = (await invoke('catalog.copy', { catalog: theirs.catalog })) as { catalog: string; readOnly: boolean };
    assert.ok(copy.catalog.endsWith(join('catalogs', name)));
    assert.equal(copy.readOnly, false);
    await invoke('catalog.setLabel', { catalog: copy.catalog, ...label });
  }
  assert.deepEqual(readdirSync(join(workspace, 'catalogs')).filter((name) => name.includes('partial')), []);
});

test('what is no catalog is refused, and nothing is left open or written', async (t) => {
  const { invoke } = openServices(t);
  const folder = join(root, 'bad');
  mkdirSync(folder);
  const broken = join(folder, 'broken.loupe');
  writeFileSync(broken, 'not a database');
  await assert.rejects(invoke('catalog.open', { path: broken }), (e: LoupeError) => e.kind === 'bad-file' && e.message.includes('broken.loupe'));
  await assert.rejects(invoke('catalog.open', { path: join(folder, 'none.loupe') }), (e: LoupeError) => e.kind === 'not-found');
  await assert.rejects(invoke('catalog.open', { path: 'relative.loupe' }), (e: LoupeError) => e.kind === 'bad-request');
  assert.deepEqual(readdirSync(folder), ['broken.loupe']);
});

test('removing a catalog closes it and moves it to the trash', async (t) => {
  const { invoke, workspace } = openServices(t);
  const path = join(workspace, 'catalogs', 'gone.loupe');
  copyFileSync(sample, path);
  await invoke('catalog.open', { path });
  await invoke('workspace.remove', { kind: 'catalog', id: 'gone.loupe' });
  assert.ok(!existsSync(path));
  await assert.rejects(invoke('catalog.info', { catalog: path }), (e: LoupeError) => e.kind === 'not-found');
});

test('many catalogs may be asked in turn: the least used is closed, and opens again', async (t) => {
  const { invoke, workspace } = openServices(t);
  const paths = Array.from({ length: 20 }, (_, i) => join(workspace, 'catalogs', `c${i}.loupe`));
  for (const path of paths) {
    copyFileSync(sample, path);
    await invoke('catalog.open', { path });
  }
  for (const path of paths) assert.equal(((await invoke('catalog.info', { catalog: path })) as { catalog: string }).catalog, path);
});
