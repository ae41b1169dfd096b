import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitStatus, fromErrorBody, LoupeError, nearestName, toErrorBody } from '../../../src/shared/errors.ts';

test('an error survives the crossing of a boundary', () => {
  const sent = new LoupeError('mismatch', 'k is 9, d_sae is 4: choose k <= d_sae', 'detail');
  const back = fromErrorBody(JSON.parse(JSON.stringify(sent)));
  assert.deepEqual([back.kind, back.message, back.detail], [sent.kind, sent.message, sent.detail]);
});

test('system errors get a kind by their code, all others are defects that keep their stack', () => {
  assert.equal(toErrorBody(Object.assign(new Error('full'), { code: 'ENOSPC' })).kind, 'no-space');
  const body = toErrorBody(new TypeError('x is not a function'));
  assert.equal(body.kind, 'defect');
  assert.match(body.detail ?? '', /TypeError/);
});

test('exit status is 2 for bad input, 1 for a defect, 3 for a missing component, 4 for an interruption', () => {
  assert.deepEqual(
    (['bad-request', 'defect', 'missing-component', 'cancelled'] as const).map(exitStatus),
    [2, 1, 3, 4],
  );
});

test('the nearest name is found by edit distance, and nothing far is offered', () => {
  const hooks = ['blocks.9.hook_resid_post', 'blocks.9.hook_resid_pre', 'hook_embed'];
  assert.equal(nearestName('blocks.9.hook_resid_pots', hooks), 'blocks.9.hook_resid_post');
  assert.equal(nearestName('zzzzzzzz', ['hook_embed']), undefined);
});
