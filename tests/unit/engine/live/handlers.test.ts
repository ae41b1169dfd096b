import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { liveHandlers } from '../../../../src/engine/live/handlers.ts';
import { LiveLibrary } from '../../../../src/engine/live/loading.ts';
import { liveRequests } from '../../../../src/engine/live/requests.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import { liveHook, liveSetting, typed, type LiveSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LiveSetting;
let tensorsBefore = 0;
const handlers = liveHandlers();
before(async () => {
  await loadBackend();
  live = liveSetting({ after: (end) => endings.push(end) });
  tensorsBefore = tf.memory().numTensors;
});
after(() => endings.forEach((end) => end()));

const place = (): { path: string; hook: null } => ({ path: live.dictionary, hook: null });
const steering = (changes: object = {}): Parameters<typeof handlers.liveSteer>[0] => ({
  model: live.model, dictionary: place(), feature: 3, prompt: typed('A cat'), unit: 'norm', maximum: null, from: 'start', strength: 2, newTokens: 6, temperature: 0, topP: 1, seed: 0, ...changes,
});

test('each answer is what the protocol says', async () => {
  const answers = {
    liveEncode: await handlers.liveEncode({ model: live.model, prompt: typed('A cat'), dictionaries: [place(), { path: live.transcoder, hook: null }], top: 4, rows: [{ dictionary: 1, feature: 2 }], predictions: true }),
    liveAblate: await handlers.liveAblate({ model: live.model, dictionary: place(), feature: 3, tokens: vector(Int32Array.of(256, 65, 66, 67)), documents: null }),
    liveStrength: await handlers.liveStrength({ model: live.model, dictionary: place(), feature: 3, prompt: typed('A cat'), unit: 'norm', maximum: null, from: 'end', target: 1, tolerance: 0.1, sign: -1 }),
    liveDictionary: await handlers.liveDictionary({ path: live.transcoder }),
    liveStatus: await handlers.liveStatus({}),
  };
  for (const [name, answer] of Object.entries(answers)) assert.deepEqual(liveRequests[name as keyof typeof answers].output.safeParse(answer).error, undefined, name);
  assert.ok(answers.liveStrength.strength < 0 && answers.liveStrength.evaluations <= 15);
  assert.deepEqual([answers.liveDictionary.features, answers.liveDictionary.target, answers.liveDictionary.hooks], [40, 'blocks.1.hook_mlp_out', [liveHook]]);
  assert.deepEqual(answers.liveStatus.held.map(({ kind, used }) => `${kind} ${used}`).sort(), ['dictionary false', 'dictionary false', 'model false']);
});

test('a steering is read step by step, ends by itself, and keeps its model until then', async () => {
  const { session, tokens } = await handlers.liveSteer(steering());
  assert.equal(tokens.ids.data.length, 6);
  assert.equal((await handlers.liveStatus({})).sessions, 1);
  assert.ok((await handlers.liveStatus({})).held.some(({ kind, used }) => kind === 'model' && used));
  let steps = 0;
  while (!(await handlers.liveSteerNext({ session, tokens: 2 })).done) steps++;
  assert.ok(steps <= 3);
  await assert.rejects(handlers.liveSteerNext({ session, tokens: 2 }), (e: LoupeError) => e.kind === 'not-found');
  await handlers.liveSteerEnd({ session });
  assert.ok((await handlers.liveStatus({})).held.every(({ used }) => !used));
});

test('a model and a dictionary are known by their hashes; what cannot be read matches nothing', async () => {
  const loaded = await loadModel(live.model);
  const { hash } = loaded.identity;
  loaded.dispose();
  assert.deepEqual(await handlers.liveIsModel({ path: live.model, hash, dModel: 16, layers: 2 }), { matches: true });
  assert.deepEqual(await handlers.liveIsModel({ path: live.model, hash, dModel: 17, layers: null }), { matches: false });
  assert.deepEqual(await handlers.liveIsModel({ path: live.model, hash: 'other', dModel: null, layers: null }), { matches: false });
  assert.deepEqual(await handlers.liveIsModel({ path: join(live.folder, 'none'), hash, dModel: null, layers: null }), { matches: false });
  const { hash: own } = await handlers.liveDictionary({ path: live.dictionary });
  assert.deepEqual(await handlers.liveIsDictionary({ path: live.dictionary, hash: own, check: null }), { matches: true });
  assert.deepEqual(await handlers.liveIsDictionary({ path: live.transcoder, hash: own, check: null }), { matches: false });
  assert.deepEqual(await handlers.liveIsDictionary({ path: live.dictionary, hash: own, check: 'of another' }), { matches: false });
  assert.deepEqual(await handlers.liveIsDictionary({ path: live.model, hash: own, check: null }), { matches: false });
});

test('a request that fails leaves nothing in use; releasing frees every tensor', async () => {
  await assert.rejects(handlers.liveSteer(steering({ feature: 99 })), (e: LoupeError) => e.kind === 'not-found');
  await assert.rejects(handlers.liveSteer(steering({ prompt: typed('x'.repeat(70)) })), (e: LoupeError) => e.kind === 'bad-request');
  await assert.rejects(handlers.liveEncode({ model: live.model, prompt: typed('a'), dictionaries: [{ path: live.dictionary, hook: 'blocks.0.hook_z' }], top: 1, rows: [], predictions: false }), (e: LoupeError) => e.kind === 'not-found');
  assert.ok((await handlers.liveStatus({})).held.every(({ used }) => !used));
  await handlers.liveSteer(steering());
  const released = await handlers.liveRelease({});
  assert.deepEqual([released.held, released.bytes, released.sessions], [[], 0, 0]);
  await Promise.resolve();
  assert.equal(tf.memory().numTensors, tensorsBefore);
});

test('a machine without room refuses in words', async () => {
  const tight = liveHandlers(new LiveLibrary(() => ({ available: 2 ** 20, total: 2 ** 34 })));
  await assert.rejects(tight.liveDictionary({ path: live.dictionary }), (e: LoupeError) => e.kind === 'out-of-memory' && /the dictionary .* needs about 2 MiB/u.test(e.message));
});
