/**
 * F-T8 on features that are known: the labels that the rule explainer finds for sparse features of made-up text say more about windows that
 * it has not seen than labels of other features do. (On a trained dictionary: `loupe label --floor`; docs/labelling.md has its figures.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background } from '../../../../src/engine/labelling/background.ts';
import { ruleLabeller } from '../../../../src/engine/labelling/rule.ts';
import { splitExamples } from '../../../../src/engine/labelling/sampling.ts';
import { detection } from '../../../../src/engine/labelling/scoring.ts';
import { Random } from '../../../../src/engine/random.ts';
import { MadeText } from '../../../support/label-text.ts';

test('labels of 12 features beat labels permuted across features by 0.15 at least on windows not seen', async () => {
  const made = new MadeText();
  const [explain, tested] = [made.random(256, 1), made.random(200, 2)];
  const run = ruleLabeller.begin(new Background(explain, made.lexicon), made.lexicon);
  const kinds = Array.from({ length: 12 }, (_, i) => (word: string, before: string): number =>
    (i % 3 === 0 ? word === `w${i}x` : i % 3 === 1 ? before === `w${i}x` : word === `w${i}x` || word === `w${i + 50}x`) ? 1 + (i % 2) : 0);
  const features = kinds.map((fires, i) => {
    const own = made.random(600, 10 + i, fires).filter(({ activations }) => activations.some((value) => value > 0)).slice(0, 45);
    const { explain: windows, test: held } = splitExamples(own, Random.from(i))!;
    const negative = tested.filter(({ tokens }) => !Array.from(tokens, (token) => made.texts[token]!.trim()).some((word, at, words) => fires(word, words[at - 1] ?? '') > 0)).slice(0, 50);
    return { windows, held, negative, explanation: run.explain(windows, new Uint8Array(explain.length).fill(1)) };
  });
  const median = async (shift: number): Promise<number> => {
    const values: number[] = [];
    for (const [i, { held, negative }] of features.entries()) {
      const explanation = await features[(i + shift) % features.length]!.explanation;
      assert.ok(explanation !== null);
      values.push((await detection(run, explanation, held, negative, 'random'))!.value);
    }
    return values.sort((a, b) => a - b)[6]!;
  };
  const [own, others] = [await median(0), await median(5)];
  assert.ok(own >= others + 0.15, `own ${own}, permuted ${others}`);
  assert.ok(own > 0.9, String(own));
});

test('marks are judged by the majority of them', () => {
  const made = new MadeText();
  const window = made.window('1 2 a b');
  const run = ruleLabeller.begin(new Background([], made.lexicon), made.lexicon);
  const digits = { text: 'digits', family: 'number', own: [{ kind: 'class', name: 'digits' }] };
  assert.deepEqual(run.judgeMarks(digits, [0b0011, 0b0101, 0b1101, 0b1100, 0].map((marks) => ({ window, marks }))), [1, 1, 0, 0, 0]);
});
