import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hooksOf, openEvaluated } from '../../../../src/engine/eval/open.ts';
import type { Dictionary } from '../../../../src/engine/sae/dictionary.ts';
import { provenance } from '../../../support/provenance.ts';
import { smallLayout, writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const unused = (): never => { throw new Error('not here'); };
const dictionaryOf = (dIn: number, dOut: number, changes: Parameters<typeof provenance>[0] = {}): Dictionary => ({
  dIn, dOut, dSae: 1, provenance: provenance(changes), wDec: new Float32Array(dOut), bDec: new Float32Array(dOut),
  encode: unused, decode: unused, reconstruct: unused, dispose: () => {},
});
const none = { hook: null, targetHook: null };

test('the hooks are the dictionary\'s own, those asked for, or the only one stored', () => {
  const own = dictionaryOf(2, 2, { hookPoint: 'a' });
  assert.deepEqual(hooksOf(own, none, ['a', 'b']), { read: ['a'], target: null });
  assert.deepEqual(hooksOf(own, none, ['b']), { read: ['b'], target: null });
  assert.deepEqual(hooksOf(own, { ...none, hook: 'c' }, ['a']), { read: ['c'], target: null });
  assert.deepEqual(hooksOf(dictionaryOf(4, 4, { config: { hookPoints: ['a', 'b'] } }), none, ['a', 'b']), { read: ['a', 'b'], target: null });
  assert.deepEqual(hooksOf(dictionaryOf(2, 3, { hookPoint: 'a', config: { targetHook: 'b' } }), none, ['a', 'b']), { read: ['a'], target: 'b' });
  assert.deepEqual(hooksOf(null, none, ['b']), { read: ['b'], target: null });
  assert.throws(() => hooksOf(null, none, ['a', 'b']), { kind: 'bad-request', message: /--hook.*a, b/ });
  assert.throws(() => hooksOf(dictionaryOf(2, 3), none, ['a']), { kind: 'bad-request', message: /--target-hook/ });
});

test('widths that do not fit are refused by name', async (t) => {
  const folder = temporaryFolder(t);
  await writeSmallStore(folder);
  const config = { activations: folder, model: null, corpus: null, hook: smallLayout.hooks[0].name, targetHook: null, tokens: null, contextLength: 4 };
  const open = (dictionary: Dictionary, changes = {}): ReturnType<typeof openEvaluated> => openEvaluated({ ...config, ...changes }, dictionary, { log: () => {} });
  await assert.rejects(open(dictionaryOf(3, 3)), { kind: 'mismatch', message: /is 2 wide, the dictionary reads 3/ });
  await assert.rejects(open(dictionaryOf(2, 2), { targetHook: smallLayout.hooks[1].name }), { kind: 'mismatch', message: /is 3 wide, the dictionary predicts 2/ });
  const opened = await open(dictionaryOf(2, 3), { targetHook: smallLayout.hooks[1].name, tokens: 9 });
  assert.deepEqual([opened.source.contexts, opened.model], [3, null]);
  opened.close();
});
