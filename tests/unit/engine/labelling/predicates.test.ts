import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formMask, hasSuffix, predicateMask, ruleMask, spread } from '../../../../src/engine/labelling/predicates.ts';
import type { Predicate } from '../../../../src/engine/labelling/predicates.ts';
import { MadeText } from '../../../support/label-text.ts';

const made = new MadeText();
const window = made.window('The war was 42 moving the war , again');
const form = (word: string): number => made.lexicon.word(made.id(word)).form;
const places = (predicate: Predicate): number[] => Array.from({ length: 9 }, (_, i) => i).filter((i) => (predicateMask(predicate, window, made.lexicon) & (1 << i)) !== 0);

test('each predicate holds where it should', () => {
  assert.deepEqual(places({ kind: 'current', forms: [form('war'), form('again')] }), [1, 6, 8]);
  assert.deepEqual(places({ kind: 'previous', forms: [form('the')] }), [1, 6]);
  assert.deepEqual(places({ kind: 'previous', forms: [form('again')] }), []);
  assert.deepEqual(places({ kind: 'topic', forms: [form('42')] }), [4, 5, 6, 7, 8]);
  assert.deepEqual(places({ kind: 'class', name: 'digits' }), [3]);
  assert.deepEqual(places({ kind: 'class', name: 'capitalised' }), [0]);
  assert.deepEqual(places({ kind: 'class', name: 'punctuation' }), [7]);
  assert.deepEqual(places({ kind: 'suffix', suffix: 'ing' }), [4]);
  assert.deepEqual(places({ kind: 'repeated' }), [5, 6]);
  assert.deepEqual(places({ kind: 'position', bucket: 0 }), [0, 1, 2, 3]);
  assert.deepEqual(places({ kind: 'position', bucket: 1 }), [4, 5, 6, 7, 8]);
});

test('positions are those in the context', () => {
  assert.equal(predicateMask({ kind: 'position', bucket: 0 }, { ...window, start: 100 }, made.lexicon), 0);
});

test('a rule holds where all of its predicates do', () => {
  assert.equal(ruleMask([{ kind: 'current', forms: [form('war')] }, { kind: 'topic', forms: [form('42')] }], window, made.lexicon), 1 << 6);
});

test('a topic reaches twenty tokens on, and not past the window', () => {
  assert.equal(spread(1, 20), 0b111111111111111111110);
  assert.equal(spread(0x80000000, 20), 0);
  const long = made.window(['war', ...Array.from({ length: 31 }, (_, i) => `v${i}`)].join(' '));
  assert.equal(predicateMask({ kind: 'topic', forms: [form('war')] }, long, made.lexicon), 0b111111111111111111110);
});

test('a suffix needs a word before it', () => {
  assert.deepEqual([hasSuffix('moving', 'ing'), hasSuffix('ring', 'ing'), hasSuffix('x1ing', 'ing')], [true, false, false]);
  assert.equal(formMask(Int32Array.of(3, 1, 3), [3, 9]), 0b101);
});
