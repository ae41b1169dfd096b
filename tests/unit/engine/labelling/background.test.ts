import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background } from '../../../../src/engine/labelling/background.ts';
import { predicateMask } from '../../../../src/engine/labelling/predicates.ts';
import type { Predicate } from '../../../../src/engine/labelling/predicates.ts';
import { MadeText } from '../../../support/label-text.ts';

test('masks by the index are those of the readable form, for every kind of predicate', () => {
  const made = new MadeText();
  const windows = made.random(40, 3);
  const background = new Background(windows, made.lexicon);
  const forms = [windows[0]!.forms[3]!, windows[1]!.forms[31]!, windows[2]!.forms[0]!];
  const predicates: Predicate[] = [
    { kind: 'current', forms }, { kind: 'previous', forms }, { kind: 'topic', forms }, { kind: 'topic', forms: [] },
    { kind: 'class', name: 'digits' }, { kind: 'suffix', suffix: 'x' }, { kind: 'position', bucket: 1 }, { kind: 'repeated' },
  ];
  for (const predicate of predicates) assert.deepEqual(background.masks(predicate), Uint32Array.from(windows, (window) => predicateMask(predicate, window, made.lexicon)), predicate.kind);
});

test('windows of contexts in which a feature is known to fire do not count; frequency is in windows', () => {
  const made = new MadeText();
  const windows = [made.window('a b a'), made.window('a c'), made.window('c d')];
  const background = new Background(windows, made.lexicon);
  assert.deepEqual([...background.without(new Set([windows[1]!.context]))], [1, 0, 1]);
  assert.deepEqual([background.frequency(windows[0]!.forms[0]!), background.frequency(99)], [2, 0]);
});
