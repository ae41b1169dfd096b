import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peopleProblem } from '../../../../src/main/catalog/people-rules.ts';

const label = { uid: 'u', source: 1, feature: 0, kind: 'manual', confidence: null };

test('rows as we write them are sound', () => {
  assert.equal(peopleProblem('labels', label), null);
  assert.equal(peopleProblem('labels', { ...label, confidence: 5 }), null);
  assert.equal(peopleProblem('reviews', { source: 1, feature: 0, state: 'unsure' }), null);
  assert.equal(peopleProblem('lists', { uid: 'u' }), null);
});

test('values that the schema forbids are said in words', () => {
  assert.match(peopleProblem('labels', { ...label, kind: 'evil' })!, /unknown kind "evil"/);
  assert.match(peopleProblem('labels', { ...label, confidence: 6 })!, /confidence 6/);
  assert.match(peopleProblem('labels', { ...label, uid: '' })!, /no uid/);
  assert.match(peopleProblem('comments', { uid: 'u', feature: -1 })!, /feature -1/);
  assert.match(peopleProblem('reviews', { feature: 0, state: 'x' })!, /unknown state/);
  assert.match(peopleProblem('scores', { uid: 'u', n: -2 })!, /-2 examples/);
});
