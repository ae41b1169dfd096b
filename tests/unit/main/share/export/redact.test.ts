import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeholderOf, placeholders, redactProvenance } from '../../../../../src/main/share/export/redact.ts';
import { chooseExamples } from '../../../../../src/main/share/export/reader.ts';
import { indexTest } from '../../../../../src/main/share/export/select.ts';
import { redactionSchema } from '../../../../../src/shared/schema/export.ts';
import type { TextRedaction } from '../../../../../src/shared/schema/export.ts';

const shown = (text: TextRedaction, token: string, distance = 0, special = false): string | null => {
  const placeholder = placeholderOf(redactionSchema.parse({ text, around: 2 }), { text: token, special }, distance);
  return placeholder === null ? null : placeholders[placeholder]!;
};

test('classes of tokens keep their leading space and say no more', () => {
  const classes = { ' word': ' ‹word›', ing: '‹word›', ' 42': ' ‹number›', x1: '‹word›', ',': '‹punctuation›', ' ': '‹space›', '\n\n': '‹newline›', '\\xE2\\x80': '‹bytes›', '\u0001': '‹other›' };
  for (const [token, wanted] of Object.entries(classes)) assert.equal(shown('classes', token), wanted, JSON.stringify(token));
  assert.equal(shown('classes', '<|end|>', 0, true), null);
});

test('around a peak, n tokens on each side stay', () => {
  assert.deepEqual([0, 2, 3].map((distance) => shown('around', ' word', distance)), [null, null, '‹…›']);
  assert.equal(shown('none', ' word', 99), null);
});

test('paths in a provenance keep their last part; what is no JSON goes', () => {
  const redaction = redactionSchema.parse({ people: true });
  const before = { store: '/home/ada/stores/one', model: { path: 'C:\\Users\\ada\\m.gguf', hash: 'abc' }, list: ['~/x/y', 'topk'] };
  assert.deepEqual(JSON.parse(redactProvenance(redaction, JSON.stringify(before))), { store: 'one', model: { path: 'm.gguf', hash: 'abc' }, list: ['y', 'topk'] });
  assert.equal(redactProvenance(redaction, 'at /home/ada'), '{}');
  assert.equal(redactProvenance(redactionSchema.parse({}), 'at /home/ada'), 'at /home/ada');
});

test('of few examples half are the strongest, the others come from the intervals in turn', () => {
  const rows = [...Array.from({ length: 20 }, (_, rank) => ({ group: 0, rank })), ...[1, 2, 3].flatMap((group) => [0, 1].map((rank) => ({ group, rank })))];
  const named = (n: number | null): string[] => chooseExamples(rows, n).map(({ group, rank }) => `${group}/${rank}`);
  assert.deepEqual(named(6), ['0/0', '0/1', '0/2', '1/0', '2/0', '3/0']);
  assert.equal(named(26).length, 26);
  assert.deepEqual(named(22).filter((name) => name.startsWith('0/')).length, 16);
  assert.deepEqual(named(null).length, 26);
  assert.deepEqual(named(0), []);
});

test('each sign takes half, and what the other leaves', () => {
  const pole = (first: number, top: number): { group: number; rank: number }[] =>
    [...Array.from({ length: top }, (_, rank) => ({ group: first, rank })), ...[1, 2].flatMap((group) => [0, 1].map((rank) => ({ group: first + group, rank })))];
  const rows = [...pole(0, 20), ...pole(6, 3)];
  const named = (n: number): string[] => chooseExamples(rows, n).map(({ group, rank }) => `${group}/${rank}`);
  assert.deepEqual(named(8), ['0/0', '0/1', '1/0', '2/0', '6/0', '6/1', '7/0', '8/0']);
  assert.equal(named(20).filter((name) => Number(name[0]) >= 6).length, 7);
  assert.equal(named(20).length, 20);
  assert.deepEqual(chooseExamples(pole(6, 3), 2).map(({ group, rank }) => `${group}/${rank}`), ['6/0', '7/0']);
});

test('ranges of indices', () => {
  const test = indexTest('0-2, 7');
  assert.deepEqual([0, 2, 3, 7, 8].map(test), [true, true, false, true, false]);
  assert.throws(() => indexTest('3-1'), { kind: 'bad-request', message: /3-1/ });
});
