import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromEngineSchema, requests, toEngineSchema } from '../../../src/engine/protocol.ts';

test('messages that are not of the protocol are refused at either end', () => {
  const junk = [null, 1, 'ping', {}, { type: 'ping' }, { type: 'eval', code: '1' }, { type: 'ping', sequence: -1 }, { type: 'pong', sequence: 0, extra: 1 }];
  for (const value of junk) {
    assert.ok(!toEngineSchema.safeParse(value).success, JSON.stringify(value));
    assert.ok(!fromEngineSchema.safeParse(value).success, JSON.stringify(value));
  }
  assert.ok(!toEngineSchema.safeParse({ type: 'request', sequence: 1, name: 'constructor', input: {} }).success);
  assert.ok(!toEngineSchema.safeParse({ type: 'start', id: 'a', kind: 'shell', config: {}, folder: '/x' }).success);
});

test('every request refuses unknown fields', () => {
  for (const [name, { input }] of Object.entries(requests)) assert.ok(!input.safeParse({ surprise: 1 }).success, name);
});
