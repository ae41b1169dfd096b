/** Neuronpedia's export field by field: names, types, and what each says about a feature that is worked out by hand. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { generateCatalog } from '../../../../../../bench/generate-catalog.ts';
import { setLabel } from '../../../../../../src/main/catalog/labelling.ts';
import { openCatalogWriter } from '../../../../../../src/main/catalog/opening.ts';
import { addScore } from '../../../../../../src/main/catalog/tables/scores.ts';
import { hostileCatalog, hostileTokens } from '../../../../../support/hostile-catalog.ts';
import { fieldProblems } from '../../../../../support/neuronpedia-rows.ts';
import { exportTo } from '../../../../../support/share.ts';
import { temporaryFolder } from '../../../../../support/temporary.ts';

type Row = Record<string, unknown>;
const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(() => clean.forEach((end) => end()));
const [from, out] = [join(folder, 'from.loupe'), join(folder, 'out')];
const source = join(out, 'generated', '6-generated');

function rows(path: string): Row[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

const batch = (kind: string, number: number): Row[] => rows(join(source, kind, `batch-${number}.jsonl.gz`));

before(() => {
  generateCatalog(from, { features: 1100, contexts: 40, contextLength: 64, vocabulary: 200, labelled: 0.05 });
  const db = openCatalogWriter(from);
  const { label } = setLabel(db, { source: 1, index: 3, text: 'a label', author: 'ada', kind: 'manual', confidence: 4, notes: 'why' });
  addScore(db, { uid: 's1', label: label.id, scorer: 'detection', value: 0.75, low: 0.7, high: 0.8, n: 200, negatives: 'random', judge: 'rule', promptHash: '', createdAt: '2026-01-01T00:00:00.000Z', details: '{}' });
  db.close();
  exportTo(from, 'neuronpedia', out);
});

test('every row has every published field, of its type, and no other', () => {
  for (const kind of ['features', 'activations', 'explanations'] as const) {
    const all = [0, 1].flatMap((number) => batch(kind, number));
    assert.deepEqual(all.flatMap((row) => fieldProblems(kind, row)).slice(0, 3), []);
    if (kind === 'explanations') assert.deepEqual(all.flatMap((row) => row['scores'] as Row[]).flatMap((score) => fieldProblems('scores', score)), []);
  }
});

test('batches hold 1,024 features, with their activations and explanations under the same number', () => {
  assert.deepEqual(readdirSync(source).toSorted(), ['activations', 'explanations', 'features', 'loupe.jsonl.gz', 'model.jsonl', 'release.jsonl', 'source.jsonl', 'sourceset.jsonl']);
  assert.deepEqual([batch('features', 0).length, batch('features', 1).length], [1024, 76]);
  assert.ok(batch('activations', 1).every((row) => Number(row['index']) >= 1024));
});

test('heads name the model, the set and the source, and over how many tokens figures are', () => {
  const [model] = rows(join(source, 'model.jsonl'));
  const [head] = rows(join(source, 'source.jsonl'));
  const [set] = rows(join(source, 'sourceset.jsonl'));
  const [release] = rows(join(source, 'release.jsonl'));
  assert.deepEqual([model!['id'], head!['id'], head!['modelId'], head!['setName'], set!['name'], set!['releaseName'], release!['name']], ['generated', '6-generated', 'generated', 'generated', 'generated', 'generated', 'generated']);
  assert.equal(Number(head!['num_prompts']) * Number(head!['num_tokens_in_prompt']), 40 * 63);
});

test('a feature by hand: shares, bins, effects, neighbours, intervals', () => {
  const small = join(folder, 'hostile.loupe');
  hostileCatalog(small);
  exportTo(small, 'neuronpedia', join(folder, 'small'));
  const at = join(folder, 'small', 'b-model-b', '1-i-source-i');
  const feature = rows(join(at, 'features', 'batch-0.jsonl.gz'))[1]!;
  assert.deepEqual(
    [feature['index'], feature['layer'], feature['frac_nonzero'], feature['maxActApprox'], feature['pos_str'], feature['pos_values'], feature['neg_str'], feature['topkCosSimIndices'], feature['topkCosSimValues']],
    ['1', '1-i-source-i', 2 / 18, 2, [hostileTokens[1]], [0.5], [hostileTokens[2]], [2], [0.5]],
  );
  assert.deepEqual((feature['freq_hist_data_bar_heights'] as number[]).slice(-2), [0, 2]);
  const [first, second] = rows(join(at, 'activations', 'batch-0.jsonl.gz')).filter((row) => row['index'] === '1');
  assert.deepEqual([first!['tokens'], first!['values'], first!['maxValue'], first!['maxValueTokenIndex'], first!['minValue']], [[...hostileTokens], [0, 0, 2, 0, 0, 0, 0, 0, 0, 0], 2, 2, 0]);
  assert.deepEqual([first!['binMin'], first!['binContains'], first!['qualifyingTokenIndex'], second!['qualifyingTokenIndex']], [-1, -1, 2, 3]);
});

test('an example of an interval says which, and its share of the firings', () => {
  const row = batch('activations', 0).find((one) => one['binMin'] !== -1)!;
  const feature = batch('features', 0).find((one) => one['index'] === row['index'])!;
  const fifth = Number(feature['maxActApprox']) / 5;
  const place = Number(row['binMin']) / fifth;
  assert.ok(Math.abs(place - Math.round(place)) < 1e-9 && Math.abs(Number(row['binMax']) - Number(row['binMin']) - fifth) < 1e-9);
  assert.ok(Number(row['binContains']) >= 0 && Number(row['binContains']) <= 1);
});

test('a person\'s label has neither type nor model; a rule\'s has both; scores lie in it', () => {
  const labels = batch('explanations', 0);
  const mine = labels.find((row) => row['description'] === 'a label')!;
  assert.deepEqual([mine['authorId'], mine['typeName'], mine['explanationModelName'], mine['notes'], mine['embedding']], ['ada', null, null, 'why', null]);
  const [score] = mine['scores'] as Row[];
  assert.deepEqual([score!['value'], score!['explanationScoreTypeName'], score!['explanationScoreModelName']], [0.75, 'detection', 'rule']);
  assert.ok(labels.some((row) => row['typeName'] === 'rule' && row['explanationModelName'] !== null));
});

test('redacted, no name and no word of an example is in any row', () => {
  const at = join(folder, 'redacted');
  exportTo(join(folder, 'hostile.loupe'), 'neuronpedia', at, { redaction: { text: 'classes', people: true } });
  const all = (readdirSync(at, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => JSON.stringify(rows(join(entry.parentPath, entry.name)))).join('\n');
  for (const word of ['desrever', 'window.attacked=3', '@ada', '+notes']) assert.ok(!all.includes(word), word);
});
