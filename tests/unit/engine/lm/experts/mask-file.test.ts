import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { ExpertSet } from '../../../../../src/engine/lm/experts/expert-set.ts';
import { ExpertsOff } from '../../../../../src/engine/lm/experts/experts-off.ts';
import { decodeOff, encodeOff, readMaskFile, writeMaskFile } from '../../../../../src/engine/lm/experts/mask-file.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const off = new ExpertsOff(new Map([[1, ExpertSet.of(8, [2, 7])]]));

test('what was written is read again for the same model, and refused for another', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('moe-x'));
  const model = await loadModel(folder);
  const path = join(folder, 'mask.json');
  writeMaskFile(path, model, off, 'two of layer 1');
  assert.deepEqual([...readMaskFile(path, model).layers].map(([layer, set]) => [layer, [...set]]), [[1, [2, 7]]]);
  const other = { config: model.config, identity: { ...model.identity, hash: 'b'.repeat(64) } };
  assert.throws(() => readMaskFile(path, other), { kind: 'mismatch', message: /Attribute and purge this one anew/u });
  const dense = { ...model.config, own: undefined };
  assert.throws(() => readMaskFile(path, { config: dense as unknown as typeof model.config, identity: model.identity }), { kind: 'unsupported' });
  model.dispose();
});

test('bits cross as base64, layer by layer', () => {
  assert.deepEqual(encodeOff(off), [{ layer: 1, experts: Buffer.from([0b10000100]).toString('base64') }]);
  assert.deepEqual([...decodeOff(8, encodeOff(off)).layers.get(1)!], [2, 7]);
  assert.throws(() => decodeOff(8, [...encodeOff(off), ...encodeOff(off)]), { kind: 'bad-request', message: /layer 1 twice/u });
  assert.throws(() => decodeOff(16, encodeOff(off)), { kind: 'mismatch' });
  assert.throws(() => decodeOff(8, [{ layer: 0, experts: Buffer.from([255]).toString('base64') }]), { kind: 'bad-request', message: /all 8 experts of layer 0/u });
});

test('a file from anywhere gives experts that are off or a refusal, and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('moe-x'));
  const model = await loadModel(folder);
  const path = join(folder, 'mask.json');
  writeMaskFile(path, model, off, '');
  const good = readFileSync(path);
  const random = Random.from(5);
  for (let round = 0; round < 300; round++) {
    const bad = Buffer.from(good);
    for (let i = 0; i <= random.integer(3); i++) bad[random.integer(bad.length)] = random.integer(256);
    writeFileSync(path, random.integer(4) === 0 ? bad.subarray(0, random.integer(bad.length)) : bad);
    try {
      for (const [layer, set] of readMaskFile(path, model).layers) assert.ok(layer < 2 && set.size < 8);
    } catch (error) {
      assert.ok(['bad-file', 'mismatch', 'bad-request'].includes((error as { kind: string }).kind), String(error));
    }
  }
  for (const text of ['[]', '{}', '{"format":"loupe-experts-off","version":2}', 'null']) {
    writeFileSync(path, text);
    assert.throws(() => readMaskFile(path, model), { kind: 'bad-file' });
  }
  assert.throws(() => readMaskFile(join(folder, 'none.json'), model), { kind: 'not-found' });
  model.dispose();
});
