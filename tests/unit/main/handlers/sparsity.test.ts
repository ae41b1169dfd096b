import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { readStudy, readUnits } from '../../../../src/main/handlers/sparsity.ts';
import { layerOf, study } from '../../../support/sparsity-study.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a study is read by its schema; none, a broken one and another file are refused', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readStudy(folder), { kind: 'not-found' });
  const write = (text: string): void => writeFileSync(join(folder, 'sparsity.json'), text);
  write(JSON.stringify(study()));
  assert.deepEqual(readStudy(folder), study());
  for (const text of [JSON.stringify(study()).slice(0, 99), '{}', JSON.stringify({ ...study(), version: 2 })]) {
    write(text);
    assert.throws(() => readStudy(folder), { kind: 'bad-file', message: /Run the study again/u });
  }
});

test('units of a layer are listed by group, the most frequent first', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'sparsity.json'), JSON.stringify(study({ layers: [layerOf(0)] })));
  // 100 tokens: 0.07 as float32 is a hair off 7 / 100
  writeSafetensors(join(folder, 'rates.safetensors'), { 'blocks.0': { dtype: 'F32', shape: [6], data: Float32Array.of(0, 1, 0.07, 0.5, 0.99, 0) } });
  assert.deepEqual(readUnits(folder, 0, 'never', 10), { total: 2, units: [{ unit: 0, rate: 0 }, { unit: 5, rate: 0 }] });
  assert.deepEqual(readUnits(folder, 0, 'always', 10), { total: 1, units: [{ unit: 1, rate: 1 }] });
  // twelve bins over two decades: the last begins at 10 ** (-1 / 6) = 0.68, and holds those that always fire, too
  assert.deepEqual(readUnits(folder, 0, 11, 1), { total: 2, units: [{ unit: 1, rate: 1 }] });
  assert.throws(() => readUnits(folder, 1, 'never', 10), { kind: 'not-found', message: /no layer 1/u });
});
