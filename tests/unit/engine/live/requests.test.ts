import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveRequests } from '../../../../src/engine/live/requests.ts';
import { liveLimits } from '../../../../src/shared/schema/live.ts';
import { typed } from '../../../support/live.ts';

const encode = { model: '/m', prompt: typed('a'), dictionaries: [{ path: '/d', hook: null }], top: 8, rows: [], predictions: true };
const steer = { model: '/m', dictionary: { path: '/d', hook: null }, feature: 1, prompt: typed('a'), unit: 'norm', maximum: null, from: 'end', strength: 1, newTokens: 8, temperature: 0, topP: 1, seed: 0 };

test('what one request may ask for is bounded: characters, dictionaries, latents, tokens', () => {
  const passes = (changes: object): boolean => liveRequests.liveEncode.input.safeParse({ ...encode, ...changes }).success;
  assert.ok(passes({}));
  assert.ok(!passes({ prompt: typed('') }));
  assert.ok(!passes({ prompt: typed('x'.repeat(liveLimits.characters + 1)) }));
  assert.ok(!passes({ dictionaries: Array.from({ length: 3 }, () => encode.dictionaries[0]) }));
  assert.ok(!passes({ top: 257 }) && !passes({ top: 0 }));
  assert.ok(!passes({ rows: [{ dictionary: 0, feature: -1 }] }));
  const steers = (changes: object): boolean => liveRequests.liveSteer.input.safeParse({ ...steer, ...changes }).success;
  assert.ok(steers({}));
  assert.ok(!steers({ newTokens: 257 }) && !steers({ temperature: -1 }) && !steers({ topP: 0 }) && !steers({ strength: Infinity }) && !steers({ unit: 'sigma' }));
  assert.ok(!liveRequests.liveSteerNext.input.safeParse({ session: 's', tokens: 17 }).success);
});
