import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickleBytes, pickledCall, pickledDict, pickledFalse, pickledGlobal, pickledInteger, pickledPersistent, pickledString, pickledTuple } from '../../../../src/engine/formats/pickle-writer.ts';
import type { Pickled } from '../../../../src/engine/formats/pickle-writer.ts';
import { PickleDict, PickleTuple, readPickle } from '../../../../src/engine/formats/pickle.ts';

const back = (value: Pickled): unknown => readPickle(pickleBytes(value), {
  global: (name) => ({ name, call: (args) => ({ called: name, args }) }), persistent: (id) => ({ id }),
}, 'p');

test('values are read back as they were written', () => {
  for (const value of [0, 255, 256, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 52]) assert.equal(back(pickledInteger(value)), value);
  assert.equal(back(pickledString('naïve ∑')), 'naïve ∑');
  assert.equal(back(pickledFalse), false);
  assert.deepEqual((back(pickledTuple([pickledInteger(1), pickledTuple([])])) as PickleTuple).items, [1, new PickleTuple([])]);
  assert.deepEqual([...(back(pickledDict({ a: pickledInteger(1), b: pickledDict({}) })) as PickleDict).entries], [['a', 1], ['b', new PickleDict()]]);
  assert.deepEqual(back(pickledCall(pickledGlobal('m', 'f'), [pickledInteger(3)])), { called: 'm.f', args: [3] });
  assert.deepEqual(back(pickledPersistent(pickledInteger(4))), { id: 4 });
});

test('what is no integer is a defect', () => {
  assert.throws(() => pickledInteger(1.5), { kind: 'defect' });
});
