import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Step, UndoStack } from '../../../../../src/renderer/src/app/undo-stack.ts';
import { Random } from '../../../../../src/engine/random.ts';

/** A number that is set, with its way back. */
function cell() {
  const state = { value: 0 };
  const step = (to: number, works = true): Step => {
    const before = state.value;
    state.value = to;
    const set = (value: number) => async (): Promise<boolean> => {
      if (works) state.value = value;
      return works;
    };
    return { what: `set ${to}`, feature: to, undo: set(before), redo: set(to) };
  };
  return { state, step };
}

test('steps are undone from the last to the first, and redone in order; a new one ends what could be redone', async () => {
  const { state, step } = cell();
  const stack = new UndoStack();
  for (const value of [1, 2, 3]) stack.push(step(value));
  assert.equal((await stack.undo())!.what, 'set 3');
  await stack.undo();
  assert.equal(state.value, 1);
  assert.equal(stack.redoable!.what, 'set 2');
  await stack.redo();
  assert.equal(state.value, 2);
  stack.push(step(9));
  assert.equal(await stack.redo(), null);
  assert.equal(state.value, 9);
});

test('any run of steps, undone wholly and redone wholly, passes through the same values', async () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = Random.from(seed);
    const { state, step } = cell();
    const stack = new UndoStack();
    const values = [0];
    for (let i = 0; i < 20; i++) {
      stack.push(step(random.integer(5)));
      values.push(state.value);
    }
    for (const value of values.toReversed().slice(1)) {
      await stack.undo();
      assert.equal(state.value, value);
    }
    assert.equal(await stack.undo(), null);
    for (const value of values.slice(1)) {
      await stack.redo();
      assert.equal(state.value, value);
    }
  }
});

test('a step that cannot be undone is forgotten; calls wait for each other', async () => {
  const { state, step } = cell();
  const stack = new UndoStack();
  stack.push(step(1));
  stack.push(step(2, false));
  const both = await Promise.all([stack.undo(), stack.undo()]);
  assert.deepEqual(both.map((one) => one?.what ?? null), [null, 'set 1']);
  assert.equal(state.value, 0);
  stack.clear();
  assert.equal(stack.redoable, null);
});
