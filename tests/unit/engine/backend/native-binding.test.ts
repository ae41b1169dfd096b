import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { ResourceVariable, executeNative, hasNative, runtimeEnvironment, threadCount } from '../../../../src/engine/backend/native-binding.ts';
import { absent } from '../../../support/backend.ts';

describe('threads of the runtime', () => {
  it('are LOUPE_THREADS, else all that the process may use', () => {
    assert.equal(threadCount({ LOUPE_THREADS: '3' }), 3);
    assert.ok(threadCount({}) >= 1);
    assert.equal(runtimeEnvironment(3)['TF_NUM_INTRAOP_THREADS'], '3');
  });

  it('are refused where they are no whole number from 1', () => {
    for (const text of ['0', '-1', '2.5', 'many', '9999']) {
      assert.throws(() => threadCount({ LOUPE_THREADS: text }), { kind: 'bad-request' }, text);
    }
  });
});

describe('native ops before the tensorflow backend is loaded', () => {
  it('are absent, and calling one says which backend is needed', () => {
    assert.equal(hasNative('MatMul'), false);
    assert.throws(() => executeNative('MatMul', {}, [], 1), { kind: 'missing-component', message: /need the tensorflow backend/ });
  });
});

const skip = await absent('tensorflow');

describe('the native binding', { skip }, () => {
  before(async () => void (await loadBackend('tensorflow')));

  it('knows which ops the runtime has', () => {
    assert.equal(hasNative('MatMul'), true);
    assert.equal(hasNative('LoupeNoSuchOp'), false);
  });

  it('executes an op by name with attributes and several outputs', () => {
    // the two largest of (3, 1, 2) are 3 at 0 and 2 at 2
    const input = tf.tensor1d([3, 1, 2]);
    const two = tf.scalar(2, 'int32');
    const [values, indices] = executeNative('TopKV2', { sorted: { bool: true }, T: { type: 'float32' } }, [input, two], 2);
    assert.deepEqual([...values!.dataSync()], [3, 2]);
    assert.deepEqual([...indices!.dataSync()], [0, 2]);
    tf.dispose([input, two, values!, indices!]);
  });

  it('puts outputs into the enclosing memory scope', () => {
    const before = tf.memory().numTensors;
    const sum = tf.tidy(() => {
      const input = tf.tensor1d([1, 2]);
      return executeNative('AddV2', { T: { type: 'float32' } }, [input, input], 1)[0]!.dataSync().join();
    });
    assert.equal(sum, '2,4');
    assert.equal(tf.memory().numTensors, before);
  });

  it('throws the runtime\'s message where the runtime refuses', () => {
    const a = tf.zeros([2, 3]);
    const attrs = { T: { type: 'float32' }, transpose_a: { bool: false }, transpose_b: { bool: false } } as const;
    assert.throws(() => executeNative('MatMul', attrs, [a, a], 1), /incompatible|size/i);
    a.dispose();
  });

  it('keeps a resource variable through memory scopes and updates it in place', () => {
    const before = tf.memory().numTensors;
    tf.engine().startScope();
    const variable = new ResourceVariable(tf.tensor2d([[1, 2], [3, 4]]));
    tf.engine().endScope();
    assert.deepEqual(variable.shape, [2, 2]);
    const delta = tf.ones([2, 2]);
    executeNative('AssignAddVariableOp', { dtype: { type: 'float32' } }, [variable.handle, delta], 0);
    assert.deepEqual([...tf.tidy(() => variable.read().dataSync())], [2, 3, 4, 5]);
    delta.dispose();
    variable.dispose();
    variable.dispose();
    assert.equal(tf.memory().numTensors, before);
    assert.throws(() => variable.read(), { kind: 'disposed' });
  });

  it('refuses a resource variable of a dtype it cannot hold', () => {
    const text = tf.tensor1d(['a']);
    assert.throws(() => new ResourceVariable(text), { kind: 'unsupported' });
    text.dispose();
  });
});
