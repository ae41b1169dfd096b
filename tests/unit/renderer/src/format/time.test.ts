import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, day, duration, minute } from '../../../../../src/renderer/src/format/time.ts';

test('durations are said in two units at most', () => {
  assert.equal(duration(0.4), '< 1 s');
  assert.equal(duration(45), '45 s');
  assert.equal(duration(200), '3 min 20 s');
  assert.equal(duration(180), '3 min');
  assert.equal(duration(7500), '2 h 5 min');
  assert.equal(duration(90_000), '1 d 1 h');
  assert.equal(duration(Number.NaN), '–');
});

test('59.7 s rounds to one minute, not to 60 s', () => {
  assert.equal(duration(59.7), '1 min');
});

test('a moment is near, then a date', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  assert.equal(ago('2026-11-23T11:59:40Z', now), 'just now');
  assert.equal(ago('2026-11-23T11:56:00Z', now), '4 min ago');
  assert.equal(ago('2026-11-23T09:00:00Z', now), '3 h ago');
  assert.equal(ago('2026-11-20T12:00:00Z', now), day('2026-11-20T12:00:00Z'));
  assert.equal(ago('nonsense', now), '–');
});

test('minutes are in local time', () => {
  const local = new Date(2026, 10, 23, 4, 5);
  assert.equal(minute(local.toISOString()), '2026-11-23 04:05');
  assert.equal(minute('nonsense'), '–');
});
