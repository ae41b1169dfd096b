import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createWorkspace } from '../../../../src/main/workspace/layout.ts';
import { chooseTarget, findModel, resolveTarget, type Finder } from '../../../../src/main/live/resolve.ts';
import type { WantedParts } from '../../../../src/main/live/wanted.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

/** What a path holds, by hash; the engine that is asked, and what it was asked about. */
function finder(workspace: string, contents: Readonly<Record<string, string>>, elsewhere: readonly string[] = []): Finder & { asked: string[] } {
  const asked: string[] = [];
  const request = async (name: string, input: { path?: string; hash?: string }): Promise<unknown> => {
    if (name === 'findModels') return { models: elsewhere.map((path) => ({ path, name: path, origin: 'ollama', bytes: 1, problem: null })) };
    asked.push(input.path!);
    return { matches: contents[input.path!] === input.hash };
  };
  return { workspace, engine: { request: request as Finder['engine']['request'] }, asked };
}

function workspaceWith(t: Parameters<typeof temporaryFolder>[0], models: readonly string[], dictionaries: readonly string[]): string {
  const workspace = join(temporaryFolder(t), 'Loupe');
  createWorkspace(workspace);
  for (const name of models) writeFileSync(join(workspace, 'models', name), '');
  for (const name of dictionaries) {
    mkdirSync(join(workspace, 'dictionaries', name));
    writeFileSync(join(workspace, 'dictionaries', name, 'cfg.json'), '{"d_in": 4, "d_sae": 8}');
  }
  return workspace;
}

const wanted: WantedParts = {
  model: { name: 'tiny', hash: 'model-hash-of-it', dModel: 4, layers: 2 }, dictionary: { name: 'sample', hash: 'dictionary-hash', check: null }, hook: 'h', isolate: false,
};

test('both are found by hash, those of the right name first; the next time at once', async (t) => {
  const workspace = workspaceWith(t, ['other.gguf', 'tiny.gguf'], ['another', 'sample']);
  const [model, dictionary] = [join(workspace, 'models', 'tiny.gguf'), join(workspace, 'dictionaries', 'sample')];
  const first = finder(workspace, { [model]: 'model-hash-of-it', [dictionary]: 'dictionary-hash' });
  const target = await resolveTarget(first, wanted);
  assert.deepEqual([target.model.path, target.dictionary.path, target.problem, target.hook], [model, dictionary, null, 'h']);
  assert.deepEqual(first.asked, [model, dictionary]);
  const again = finder(workspace, { [model]: 'model-hash-of-it', [dictionary]: 'dictionary-hash' });
  await resolveTarget(again, wanted);
  assert.deepEqual(again.asked, [model, dictionary]);
});

test('a model in another program\'s folder is found too; one that was remembered and has changed is looked for anew', async (t) => {
  const workspace = workspaceWith(t, ['tiny.gguf'], []);
  const own = join(workspace, 'models', 'tiny.gguf');
  assert.equal((await resolveTarget(finder(workspace, { [own]: 'model-hash-of-it' }), wanted)).model.path, own);
  const moved = finder(workspace, { '/ollama/blob': 'model-hash-of-it' }, ['/ollama/blob']);
  assert.equal((await resolveTarget(moved, wanted)).model.path, '/ollama/blob');
});

test('what is missing is named with its hash and what to do', async (t) => {
  const workspace = workspaceWith(t, ['a.gguf', 'b.gguf'], []);
  const { problem, model, dictionary } = await resolveTarget(finder(workspace, {}), wanted);
  assert.deepEqual([model.path, model.tried, dictionary.path, dictionary.tried], [null, 2, null, 0]);
  assert.match(problem!, /The model tiny \(hash model-hash-o\) was not found: 2 were looked at\. Say where it lies.*The dictionary sample .*none in the workspace/u);
  const nameless = await resolveTarget(finder(workspace, {}), { ...wanted, model: { ...wanted.model, hash: '' } });
  assert.match(nameless.problem!, /does not say which model/u);
});

test('what the user points to is checked and remembered; another thing is refused', async (t) => {
  const workspace = workspaceWith(t, [], []);
  const place = join(workspace, 'elsewhere.gguf');
  writeFileSync(place, '');
  const asking = finder(workspace, { [place]: 'model-hash-of-it' });
  await assert.rejects(chooseTarget(asking, wanted, 'dictionary', place), (e: LoupeError) => e.kind === 'mismatch' && /is not the dictionary sample/u.test(e.message));
  await chooseTarget(asking, wanted, 'model', place);
  assert.equal((await resolveTarget(asking, wanted)).model.path, place);
  rmSync(place);
  assert.equal((await resolveTarget(asking, wanted)).model.path, null);
});

test('the model of a dictionary is found by what the dictionary names', async (t) => {
  const workspace = workspaceWith(t, ['x.gguf'], []);
  const place = join(workspace, 'models', 'x.gguf');
  assert.equal(await findModel(finder(workspace, { [place]: 'h' }), { name: 'tiny', hash: 'h' }), place);
  assert.equal(await findModel(finder(workspace, { [place]: 'h' }), { name: 'tiny', hash: '' }), null);
});
