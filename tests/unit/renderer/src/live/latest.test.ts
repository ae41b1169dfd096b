import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latest } from '../../../../../src/renderer/src/live/latest.ts';

/** Answers are given by hand, in the order wanted. */
function latest(pause?: number): { asked: string[]; shown: string[]; busy: boolean[]; answer: (text: string, error?: boolean) => Promise<void>; of: Latest<string, string> } {
  const waiting = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const state = { asked: [] as string[], shown: [] as string[], busy: [] as boolean[] };
  const of = new Latest<string, string>({
    ask: (input) => {
      state.asked.push(input);
      return new Promise((resolve, reject) => waiting.set(input, { resolve, reject }));
    },
    onAnswer: (output) => state.shown.push(output),
    onError: (thrown) => state.shown.push(String(thrown)),
    onBusy: (busy) => state.busy.push(busy),
    ...(pause === undefined ? {} : { pause }),
  });
  const answer = async (text: string, error = false): Promise<void> => {
    if (error) waiting.get(text)!.reject(new Error(text));
    else waiting.get(text)!.resolve(text.toUpperCase());
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...state, answer, of };
}

test('while one is under way, only the newest waits, and the answer that is no longer wanted is dropped', async () => {
  const { of, asked, shown, busy, answer } = latest();
  for (const text of ['a', 'ab', 'abc']) of.want(text);
  assert.deepEqual(asked, ['a']);
  await answer('a');
  assert.deepEqual([asked, shown], [['a', 'abc'], []]);
  await answer('abc');
  assert.deepEqual(shown, ['ABC']);
  assert.equal(busy.at(-1), false);
});

test('a failure is told only where it is still wanted, and the next question is asked all the same', async () => {
  const { of, shown, answer } = latest();
  of.want('a');
  of.want('b');
  await answer('a', true);
  assert.deepEqual(shown, []);
  await answer('b', true);
  assert.deepEqual(shown, ['Error: b']);
});

test('typing is waited for; a cancelled question leaves nothing to show', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { of, asked, shown, answer } = latest(150);
  of.want('a');
  t.mock.timers.tick(100);
  of.want('ab');
  t.mock.timers.tick(149);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  assert.deepEqual(asked, ['ab']);
  of.want('abc', true);
  of.cancel();
  await answer('ab');
  assert.deepEqual([asked, shown], [['ab'], []]);
});
