import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speedometer } from '../../../../src/engine/train/speedometer.ts';

test('the speed is that of the last five seconds', () => {
  let now = 0;
  const speed = new Speedometer(() => now);
  assert.equal(speed.count(5), 0);
  now = 1000;
  assert.equal(speed.count(95), 100);
  // ten slow seconds later the fast first one has left the window
  for (let i = 0; i < 10; i++) {
    now += 1000;
    speed.count(10);
  }
  assert.equal(Math.round(speed.count(0)), 10);
});
