import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { browse, maxEntries } from '../../../../src/main/workspace/browse.ts';
import { addItem, removeItem } from '../../../../src/main/workspace/edit.ts';
import { createWorkspace } from '../../../../src/main/workspace/layout.ts';
import { readLinks } from '../../../../src/main/workspace/links.ts';
import { defaultWorkspace } from '../../../../src/main/workspace/location.ts';
import { scanWorkspace } from '../../../../src/main/workspace/scan.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { workspaceSchema } from '../../../../src/shared/schema/workspace.ts';
import { dictionaryFixtures } from '../../../support/dictionaries.ts';

const kind = (expected: string) => (error: unknown): boolean => error instanceof LoupeError && error.kind === expected;

function makeStore(path: string, complete: boolean): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'manifest.json'), JSON.stringify({
    format: 'loupe-activations', version: 1, model: { name: 'tiny' }, corpus: { name: 'wordnet' }, hooks: [{ name: 'blocks.0.hook_resid_post', d: 8 }],
    contexts: 10, contextLength: 128, complete,
  }));
}

function setUp(t: TestContext): { workspace: string; elsewhere: string } {
  const root = mkdtempSync(join(tmpdir(), 'loupe-ws-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const workspace = join(root, 'ws');
  createWorkspace(workspace);
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(elsewhere);
  return { workspace, elsewhere };
}

test('dictionaries of other programs are listed as such, although config.json is also what models have', async (t) => {
  const { workspace } = setUp(t);
  for (const name of ['dictionary-learning-topk', 'gemma-scope-layer_20/layer_20', 'sparsify-topk/layers.2', 'saelens-gated']) {
    cpSync(join(dictionaryFixtures, name), join(workspace, 'dictionaries', name.split('/')[0]!), { recursive: true });
  }
  const { items } = await scanWorkspace(workspace);
  assert.deepEqual(items.map(({ name, kind: found, problem }) => [name, found, problem]).sort(), [
    ['dictionary-learning-topk', 'dictionary', null], ['gemma-scope-layer_20', 'dictionary', null], ['saelens-gated', 'dictionary', null], ['sparsify-topk', 'dictionary', null],
  ]);
  const facts = (name: string): unknown => items.find((item) => item.name === name)!.summary;
  assert.deepEqual(facts('dictionary-learning-topk'), [['Architecture', 'AutoEncoderTopK'], ['Model', 'EleutherAI/pythia-70m'], ['Width', '6'], ['Features', '10'], ['k', '3']]);
  assert.deepEqual(facts('sparsify-topk'), [['Width', '6'], ['Features', '10'], ['k', '3']]);
});

test('a model that Loupe trains is listed from its start, and tells its sizes when it is there', async (t) => {
  const { workspace } = setUp(t);
  for (const [name, file, content] of [['under', 'lm-train.json', { arch: 'moe-x', data: 'text', steps: 1200 }], ['done', 'config.json', { model_type: 'loupe', vocab_size: 257, loupe: { arch: 'crate', layers: 4, dModel: 192 } }]] as const) {
    mkdirSync(join(workspace, 'models', name));
    writeFileSync(join(workspace, 'models', name, file), JSON.stringify(content));
  }
  const { items } = await scanWorkspace(workspace);
  assert.deepEqual(items.map(({ name, kind: found, summary, problem }) => [name, found, summary, problem]), [
    ['done', 'model', [['Family', 'loupe'], ['Architecture', 'crate'], ['Layers', '4'], ['Width', '192'], ['Vocabulary', '257']], null],
    ['under', 'model', [['Architecture', 'moe-x'], ['Data', 'text'], ['Steps', '1,200']], 'its training has not ended: resume its run'],
  ]);
});

test('a scan lists each thing with its facts, and says of broken ones what is wrong', async (t) => {
  const { workspace } = setUp(t);
  makeStore(join(workspace, 'activations', 'good'), true);
  makeStore(join(workspace, 'activations', 'half'), false);
  mkdirSync(join(workspace, 'dictionaries', 'sae'));
  writeFileSync(join(workspace, 'dictionaries', 'sae', 'cfg.json'), JSON.stringify({ architecture: 'topk', d_in: 8, d_sae: 4608, k: 32 }));
  mkdirSync(join(workspace, 'models', 'broken'));
  writeFileSync(join(workspace, 'models', 'broken', 'config.json'), '{');
  writeFileSync(join(workspace, 'models', 'x.gguf'), 'GGUF');
  writeFileSync(join(workspace, 'catalogs', 'no.loupe'), 'text');
  writeFileSync(join(workspace, 'catalogs', 'no.loupe.1-0.partial'), 'aside');
  writeFileSync(join(workspace, 'corpora', 'a.txt'), 'hello');
  const scanned = await scanWorkspace(workspace);
  assert.ok(workspaceSchema.safeParse(scanned).success);
  const by = (name: string) => scanned.items.find((item) => item.name === name);
  assert.deepEqual(Object.fromEntries(by('good')!.summary), { Model: 'tiny', Hook: 'blocks.0.hook_resid_post', Tokens: '1,280', Corpus: 'wordnet' });
  assert.equal(by('good')!.problem, null);
  assert.match(by('half')!.problem!, /resume/);
  assert.equal(Object.fromEntries(by('sae')!.summary)['Features'], '4,608');
  assert.match(by('broken')!.problem!, /cannot be read/);
  assert.match(by('no.loupe')!.problem!, /no SQLite/);
  assert.equal(by('a.txt')!.bytes, 5);
  assert.equal(scanned.items.length, 7);
});

test('things are linked by path, once, and forgotten without being touched', async (t) => {
  const { workspace, elsewhere } = setUp(t);
  const store = join(elsewhere, 'store');
  makeStore(store, true);
  const item = await addItem(workspace, 'store', store);
  assert.equal(item.linked, true);
  await addItem(workspace, 'store', `${store}/`);
  assert.equal(readLinks(workspace).length, 1);
  assert.equal((await scanWorkspace(workspace)).items.length, 1);
  await removeItem(workspace, 'store', item.id);
  assert.ok(existsSync(join(store, 'manifest.json')));
  assert.equal((await scanWorkspace(workspace)).items.length, 0);
});

test('a link whose target is gone stays listed with its problem', async (t) => {
  const { workspace, elsewhere } = setUp(t);
  makeStore(join(elsewhere, 's'), true);
  await addItem(workspace, 'store', join(elsewhere, 's'));
  rmSync(join(elsewhere, 's'), { recursive: true });
  assert.match((await scanWorkspace(workspace)).items[0]!.problem!, /no longer/);
});

test('what is of another kind, relative or absent is refused with the path', async (t) => {
  const { workspace, elsewhere } = setUp(t);
  makeStore(join(elsewhere, 's'), true);
  await assert.rejects(addItem(workspace, 'model', join(elsewhere, 's')), (e: LoupeError) => e.kind === 'bad-request' && /is a store, not a model/.test(e.message));
  await assert.rejects(addItem(workspace, 'model', 'relative/x.gguf'), kind('bad-request'));
  await assert.rejects(addItem(workspace, 'model', join(elsewhere, 'nothing.gguf')), kind('not-found'));
  const corpus = await addItem(workspace, 'corpus', elsewhere);
  assert.equal(corpus.kind, 'corpus');
});

test('removing the workspace\'s own thing moves it to the trash', async (t) => {
  const { workspace } = setUp(t);
  makeStore(join(workspace, 'activations', 'mine'), true);
  await removeItem(workspace, 'store', 'mine');
  assert.ok(!existsSync(join(workspace, 'activations', 'mine')));
  const [trashed] = readdirSync(join(workspace, '.trash'));
  assert.ok(trashed!.endsWith('-store-mine'));
  assert.ok(existsSync(join(workspace, '.trash', trashed!, 'manifest.json')));
  await assert.rejects(removeItem(workspace, 'store', 'mine'), kind('not-found'));
  await assert.rejects(removeItem(workspace, 'store', '../../x'), kind('not-found'));
});

test('a broken workspace.json is named and left as it is', async (t) => {
  const { workspace } = setUp(t);
  for (const text of ['{', '{"version":1,"links":[{"kind":"x","path":"/y"}]}']) {
    writeFileSync(join(workspace, 'workspace.json'), text);
    await assert.rejects(scanWorkspace(workspace), kind('bad-file'));
    await assert.rejects(addItem(workspace, 'corpus', workspace), kind('bad-file'));
    assert.equal(readFileSync(join(workspace, 'workspace.json'), 'utf8'), text);
  }
});

test('a folder is browsed sorted, folders first, hidden names left out, each with its kind', async (t) => {
  const { elsewhere } = setUp(t);
  for (const name of ['file10.gguf', 'file9.gguf', '.hidden', 'notes.txt', 'x.bin']) writeFileSync(join(elsewhere, name), 'abc');
  makeStore(join(elsewhere, 'zstore'), true);
  const { entries, parent } = await browse(elsewhere);
  assert.deepEqual(entries.map((e) => [e.name, e.kind]), [['zstore', 'store'], ['file9.gguf', 'model'], ['file10.gguf', 'model'], ['notes.txt', 'corpus'], ['x.bin', null]]);
  assert.equal(parent, join(elsewhere, '..'));
  assert.equal((await browse('/')).parent, null);
});

test('what cannot be browsed says why', async (t) => {
  const { elsewhere } = setUp(t);
  writeFileSync(join(elsewhere, 'file'), '');
  await assert.rejects(browse(join(elsewhere, 'none')), kind('not-found'));
  await assert.rejects(browse(join(elsewhere, 'file')), kind('bad-request'));
  await assert.rejects(browse('relative'), kind('bad-request'));
  await assert.rejects(browse('/a\0b'), kind('bad-request'));
});

test('a folder of many entries is cut', async (t) => {
  const { elsewhere } = setUp(t);
  for (let i = 0; i < maxEntries + 5; i++) writeFileSync(join(elsewhere, `f${i}`), '');
  assert.equal((await browse(elsewhere)).entries.length, maxEntries);
});

test('a place that cannot be a workspace is refused with the place and the cure', (t) => {
  const { elsewhere } = setUp(t);
  writeFileSync(join(elsewhere, 'file'), '');
  assert.throws(() => createWorkspace(join(elsewhere, 'file', 'ws')), (e: LoupeError) => e.kind === 'not-found' && /--workspace: .*LOUPE_WORKSPACE/.test(e.message));
});

test('the default workspace follows the variable, else the documents folder of the platform', (t) => {
  const { elsewhere } = setUp(t);
  assert.equal(defaultWorkspace({ LOUPE_WORKSPACE: '/w/s' }, '/home/a', 'linux'), '/w/s');
  assert.equal(defaultWorkspace({}, '/home/a', 'darwin'), '/home/a/Documents/Loupe');
  assert.equal(defaultWorkspace({}, elsewhere, 'linux'), join(elsewhere, 'Documents', 'Loupe'));
  mkdirSync(join(elsewhere, '.config'));
  writeFileSync(join(elsewhere, '.config', 'user-dirs.dirs'), '# comment\nXDG_DOCUMENTS_DIR="$HOME/Dokumente"\n');
  assert.equal(defaultWorkspace({}, elsewhere, 'linux'), join(elsewhere, 'Dokumente', 'Loupe'));
});
