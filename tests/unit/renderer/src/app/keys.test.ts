import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, keyCaps, strokeName } from '../../../../../src/renderer/src/app/keys.ts';

const stroke = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test('strokes have one name on every platform', () => {
  assert.equal(strokeName(stroke('j')), 'J');
  assert.equal(strokeName(stroke('k', { ctrlKey: true })), 'Mod+K');
  assert.equal(strokeName(stroke('k', { metaKey: true })), 'Mod+K');
  assert.equal(strokeName(stroke('?', { shiftKey: true })), '?');
  assert.equal(strokeName(stroke('Enter', { shiftKey: true })), 'Shift+Enter');
  assert.equal(strokeName(stroke(' ')), 'Space');
});

test('Shift is named with letters, whatever Caps Lock makes of them, and not with signs that need it', () => {
  assert.equal(strokeName(stroke('J', { shiftKey: true })), 'Shift+J');
  assert.equal(strokeName(stroke('j', { shiftKey: true })), 'Shift+J');
  assert.equal(strokeName(stroke('J')), 'J');
  assert.equal(strokeName(stroke('о', { shiftKey: true })), 'Shift+О');
  assert.equal(strokeName(stroke('!', { shiftKey: true })), '!');
});

const bindings = [{ id: 'next', keys: ['J', 'ArrowDown'] }, { id: 'features', keys: ['G F'] }, { id: 'filter', keys: ['F'] }];

test('a key runs its binding', () => {
  assert.equal(advance(bindings, '', 'J').matched?.id, 'next');
});

test('the first stroke of two is remembered, and the second completes it', () => {
  assert.deepEqual(advance(bindings, '', 'G'), { matched: undefined, pending: 'G' });
  assert.equal(advance(bindings, 'G', 'F').matched?.id, 'features');
});

test('a stroke that does not continue the sequence counts on its own', () => {
  assert.equal(advance(bindings, 'G', 'J').matched?.id, 'next');
  assert.deepEqual(advance(bindings, 'G', 'Q'), { matched: undefined, pending: '' });
});

test('keys are drawn as caps', () => {
  assert.deepEqual(keyCaps('Mod+K', false), ['Ctrl', 'K']);
  assert.deepEqual(keyCaps('Mod+K', true), ['⌘', 'K']);
  assert.deepEqual(keyCaps('G W', false), ['G', 'W']);
});
