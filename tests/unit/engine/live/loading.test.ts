import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { dictionaryHash } from '../../../../src/engine/interp/build-key.ts';
import { dictionaryBytes, LiveLibrary, machineRoom, modelBytes, stampOf, using } from '../../../../src/engine/live/loading.ts';
import { liveSetting, type LiveSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LiveSetting;
before(async () => {
  await loadBackend();
  live = liveSetting({ after: (end) => endings.push(end) });
});
after(() => endings.forEach((end) => end()));

test('what a model and a dictionary will take is known before they are loaded', () => {
  // embedding and unembedding 2 * 258 * 16; a block: q 16*16, k and v 8*16 each, o 16*16, gate, up, down 24*16 each, norms 2*16; final norm 16
  const parameters = 2 * 258 * 16 + 2 * (16 * 16 + 2 * 8 * 16 + 16 * 16 + 3 * 24 * 16 + 32) + 16;
  assert.equal(modelBytes(live.model), 4 * parameters + 96 * 2 ** 20);
  // two copies of wEnc, wDec [40, 16], bEnc, bDec in float32, the file's header, and a little
  const weights = 4 * (2 * 40 * 16 + 40 + 16);
  const bytes = dictionaryBytes(live.dictionary) - 2 ** 20;
  assert.ok(bytes >= 2 * weights && bytes < 2 * weights + 4000, String(bytes));
  const { available, total } = machineRoom();
  assert.ok(available > 0 && available <= total * 1.01);
});

test('a model is loaded once and shared; a dictionary has the hash that catalogs name it by', async () => {
  const library = new LiveLibrary();
  const [one, two] = await Promise.all([library.model(live.model), library.model(live.model)]);
  assert.equal(one.value, two.value);
  const opened = await library.dictionary(live.dictionary);
  assert.equal(opened.value.hash, dictionaryHash(opened.value.dictionary));
  [one, two, opened].forEach(({ release }) => release());
  library.shelf.clear();
});

test('files that have changed since are read again', async () => {
  const library = new LiveLibrary();
  const first = await library.dictionary(live.transcoder);
  first.release();
  const stamp = stampOf(live.transcoder);
  utimesSync(join(live.transcoder, 'sae_weights.safetensors'), new Date(), new Date(1e12));
  assert.notEqual(stampOf(live.transcoder), stamp);
  const second = await library.dictionary(live.transcoder);
  assert.notEqual(second.value, first.value);
  second.release();
  library.shelf.clear();
});

test('a path that is gone, and a machine without room, are refused', async () => {
  const library = new LiveLibrary(() => ({ available: 2 ** 20, total: 2 ** 30 }));
  await assert.rejects(library.model(join(live.folder, 'gone')), { kind: 'not-found', message: /no model at .*gone/u });
  await assert.rejects(library.model(live.model), { kind: 'out-of-memory', message: /needs about 97 MiB/u });
});

test('leases are given back when the work ends, well or badly, and when another could not be had', async () => {
  const log: string[] = [];
  const lease = async (name: string): Promise<{ value: string; release: () => void }> => ({ value: name, release: () => log.push(name) });
  assert.equal(await using([lease('a')], () => 5), 5);
  await assert.rejects(using([lease('b')], () => { throw new Error('work'); }), /work/u);
  await assert.rejects(using([lease('c'), Promise.reject(new Error('no'))], () => assert.fail('ran')), /no/u);
  assert.deepEqual(log, ['a', 'b', 'c']);
});
