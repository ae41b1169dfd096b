/** F-T1: the oracle's label scores 1, another feature's label about chance, a judge that always says yes exactly chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background } from '../../../../src/engine/labelling/background.ts';
import type { LabellerRun } from '../../../../src/engine/labelling/definition.ts';
import { ruleLabeller } from '../../../../src/engine/labelling/rule.ts';
import { confusion, detection, fuzzed, fuzzing } from '../../../../src/engine/labelling/scoring.ts';
import { bitCount } from '../../../../src/engine/labelling/windows.ts';
import { Random } from '../../../../src/engine/random.ts';
import { MadeText } from '../../../support/label-text.ts';

const made = new MadeText();
const isDigit = (word: string): number => (/^\d$/.test(word) ? 1 : 0);
const windows = made.random(600, 4, isDigit);
const positive = windows.filter(({ activations }) => activations.some((value) => value > 0)).slice(0, 100).map((window, i) => ({ ...window, interval: 1 + (i % 5) }));
const negative = windows.filter(({ activations }) => activations.every((value) => value === 0)).slice(0, 100);
const run = ruleLabeller.begin(new Background([], made.lexicon), made.lexicon);
const digits = { text: 'digits', family: 'number', own: [{ kind: 'class', name: 'digits' }] };

test('the oracle: detection and fuzzing are 1, at every interval of activation', async () => {
  const seen = (await detection(run, digits, positive, negative, 'random'))!;
  assert.deepEqual([seen.value, seen.n, seen.negatives, seen.details.recallByInterval], [1, 200, 'random', [1, 1, 1, 1, 1]]);
  assert.ok(seen.low > 0.95 && seen.high === 1);
  assert.equal(seen.details.auroc, null, 'a judge of yes and no has no curve');
  assert.equal((await fuzzing(run, digits, positive, negative, 'random', Random.from(1)))!.value, 1);
});

test('the label of another feature is worth nothing: 0.5 within 0.07 over 200 windows', async () => {
  // About half of the windows hold one of these 8 of 400 words, whatever else they hold.
  const other = { text: 'others', family: 'token', own: [{ kind: 'current', forms: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => made.lexicon.word(made.id(`w${i}x`)).form) }] };
  const { value } = (await detection(run, other, positive, negative, 'random'))!;
  assert.ok(Math.abs(value - 0.5) <= 0.07, String(value));
});

test('a judge that always says yes scores exactly 0.5', async () => {
  const yes: LabellerRun = { explain: () => null, judge: (_, list) => list.map(() => 1), judgeMarks: (_, list) => list.map(() => 1) };
  assert.equal((await detection(yes, digits, positive, negative, 'random'))!.value, 0.5);
  assert.equal((await fuzzing(yes, digits, positive, negative, 'random', Random.from(1)))!.value, 0.5);
});

test('a judge that is more or less sure has an AUROC', async () => {
  const unsure: LabellerRun = { explain: () => null, judge: (_, list) => list.map((window) => (window.activations.some((value) => value > 0) ? 0.4 : 0.3)), judgeMarks: () => [] };
  const { value, details } = (await detection(unsure, digits, positive, negative, 'random'))!;
  assert.deepEqual([value, details.auroc], [0.5, 1]);
});

test('without windows of both kinds there is no score', async () => {
  assert.equal(await detection(run, digits, positive, [], 'random'), null);
  assert.equal(await fuzzing(run, digits, [], negative, 'random', Random.from(1)), null);
});

test('wrong marks are as many as right ones on average, rounded up', () => {
  const two = [made.window('*a *b c d'), made.window('*a b c d')];
  const { right, wrong } = fuzzed(two, [made.window('e f g h')], Random.from(2));
  assert.deepEqual(right.map(({ marks }) => marks), [0b11, 0b1]);
  assert.equal(bitCount(wrong[0]!.marks), 2);
  assert.deepEqual(confusion([1, 0.5, 0.2], [0, 0.7]), { truePositives: 2, falseNegatives: 1, trueNegatives: 1, falsePositives: 1 });
});
