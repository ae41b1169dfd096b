import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { attributeExperts } from '../../../../../src/engine/lm/experts/attribute.ts';
import { correlatedExperts, readScoredTexts } from '../../../../../src/engine/lm/experts/score-correlation.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { correlation } from '../../../../support/correlation.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const { signal } = new AbortController();

test('each expert\'s correlation is that of its mean weight with the score', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('switch', { experts: 4, k: 2, width: 8 }));
  const model = await loadModel(folder);
  const texts = ['aaaa', 'bbbbbb', 'abab', '0123', '99', 'the cat'].map((text, i) => ({ text, score: [1, 0.5, 0.9, 0.1, 0, 0.7][i]! }));
  const { experts, strongest } = await correlatedExperts(model, texts, 0.3, signal);
  const masses: number[][] = [];
  for (const { text } of texts) masses.push([...(await attributeExperts(model, [model.tokenizer.encode(text)], { signal, uses: 0 })).masses[1]![0]!]);
  for (let expert = 0; expert < 4; expert++) {
    const expected = correlation(masses.map((mass) => mass[expert]!), texts.map(({ score }) => score));
    const got = strongest.find((one) => one.layer === 1 && one.expert === expert)!.correlation;
    assert.ok(Math.abs(got - expected) < 1e-6, `${got} ${expected}`);
    assert.equal(experts.get(1)!.has(expert), expected > 0.3);
  }
  assert.ok(strongest.every(({ correlation: r }, i) => i === 0 || r <= strongest[i - 1]!.correlation));
  model.dispose();
});

test('a file of scored texts names the line that is none', (t) => {
  const path = join(temporaryFolder(t), 's.jsonl');
  const lines = ['{"text":"a","score":1}', '', '{"text":"b","score":0,"other":2}', '{"text":"c","score":0.5}'];
  writeFileSync(path, lines.join('\n'));
  assert.deepEqual(readScoredTexts(path).map(({ text }) => text), ['a', 'b', 'c']);
  writeFileSync(path, [...lines, '{"text":"d"}'].join('\n'));
  assert.throws(() => readScoredTexts(path), { kind: 'bad-file', message: /line 5/u });
  writeFileSync(path, lines.slice(0, 2).join('\n'));
  assert.throws(() => readScoredTexts(path), { kind: 'bad-request', message: /1 texts/u });
  assert.throws(() => readScoredTexts(`${path}x`), { kind: 'not-found' });
});
