import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addRecords, configHashOf, evaluationPath, mergeRecords, readRecords, recordOf } from '../../../../src/engine/eval/records.ts';
import { provenance } from '../../../support/provenance.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const frame = { dtype: 'float32', inference: 'relu', model: null, hookPoint: 'h', data: 'store s', configHash: '', normalisation: 'raw' };

test('a figure carries its definition; one without any is our mistake; one that is no number is null', () => {
  const record = recordOf(frame, 'fvu', 0.25, 10, { set: 'all', note: 'n' });
  assert.deepEqual([record.value, record.tokens, record.definition, record.note], [0.25, { count: 10, set: 'all' }, 'sum |x - y|^2 / sum |x - mean(x)|^2', 'n']);
  assert.match(record.mask, /special tokens too/);
  assert.equal(recordOf(frame, 'fvu', Number.NaN, 0).value, null);
  assert.throws(() => recordOf(frame, 'vibes', 1, 1), { kind: 'defect', message: /vibes/ });
});

test('a figure replaces the one of the same name over the same tokens, and no other', () => {
  const at = (id: string, value: number, data: string): ReturnType<typeof recordOf> => recordOf({ ...frame, data }, id, value, 10);
  const merged = mergeRecords([at('fvu', 1, 'a'), at('l0', 2, 'a'), at('fvu', 3, 'b')], [at('fvu', 4, 'a')]);
  assert.deepEqual(merged.map(({ id, value, data }) => [id, value, data]), [['l0', 2, 'a'], ['fvu', 3, 'b'], ['fvu', 4, 'a']]);
});

test('records come back from eval.json; a damaged file is refused by its field', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(readRecords(folder), []);
  addRecords(folder, [recordOf(frame, 'fvu', 1, 10)]);
  addRecords(folder, [recordOf(frame, 'l0', 5, 10)]);
  assert.deepEqual(readRecords(folder).map(({ id, value }) => [id, value]), [['fvu', 1], ['l0', 5]]);
  writeFileSync(join(folder, 'eval.json'), '{"format":"loupe-evaluation","version":1,"records":[{"id":7}]}');
  assert.throws(() => readRecords(folder), { kind: 'bad-file', message: /records\.0/ });
});

test('the figures of a dictionary that is one file lie beside it under its name', (t) => {
  const file = join(temporaryFolder(t), 'params.npz');
  writeFileSync(file, '');
  addRecords(file, [recordOf(frame, 'fvu', 1, 10)]);
  assert.equal(evaluationPath(file), `${file}.eval.json`);
  assert.equal(readRecords(file).length, 1);
});

test('the config hash does not depend on the order of fields, and is empty for a dictionary of SAELens', () => {
  const hashOf = (config: Record<string, unknown>): string => configHashOf(provenance({ config, codeVersion: '0.1.0+g1f72ad3c09ab' }));
  assert.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 }));
  assert.notEqual(hashOf({ a: 1 }), hashOf({ a: 2 }));
  assert.equal(configHashOf(provenance({ codeVersion: 'SAELens 6.54' })), '');
});
