import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packDirection } from '../../../../src/main/catalog/directions.ts';
import { contextProblem, directionProblem, exampleProblem, extrasProblem, featureProblem, mapProblem, scoreProblem } from '../../../../src/main/catalog/row-rules.ts';
import { context } from '../../../../src/main/catalog/tables/contexts.ts';
import { feature } from '../../../../src/main/catalog/tables/features.ts';
import { source } from '../../../../src/main/catalog/tables/sources.ts';
import { smallExtras } from '../../../support/empty-extras.ts';
import { smallCatalog, smallDetails, smallExample } from '../../../support/small-catalog.ts';

const db = smallCatalog();
const knows = (token: number): boolean => token >= 0 && token < 4;
const row = context(db, 2)!;
const record = feature(db, 1, 0)!;
const owner = source(db, 1)!;

test('rows of a sound catalog obey', () => {
  assert.equal(contextProblem(row, 8, knows), null);
  assert.equal(featureProblem(record, smallDetails(2), owner, knows), null);
  assert.equal(exampleProblem(smallExample, record, 8), null);
});

test('contexts: length, tokens, runs of documents', () => {
  assert.match(contextProblem(row, 9, knows)!, /8 tokens instead of 9/);
  assert.match(contextProblem({ ...row, tokens: Int32Array.of(0, 1, 2, 3, 4, 0, 0, 0) }, 8, knows)!, /token 4/);
  for (const runs of [[], [1, 0], [0, 0, 0, 1], [0, 0, 8, 1]]) assert.match(contextProblem({ ...row, documents: Int32Array.from(runs) }, 8, knows)!, /document/);
});

test('features: counts that do not fit each other, tokens and neighbours that are not there', () => {
  const problem = (changes: object, details = smallDetails(2)): string | null => featureProblem({ ...record, ...changes }, details, owner, knows);
  assert.match(problem({ index: 3 })!, /beyond/);
  assert.match(problem({ firings: 15 })!, /fires 15 times in 14/);
  assert.match(problem({ density: 0.5 })!, /density/);
  assert.match(problem({ mean: 3 })!, /mean 3/);
  assert.match(problem({}, smallDetails(3))!, /histogram/);
  assert.match(problem({}, smallDetails(2, { logits: { ids: Int32Array.of(9, 1), values: new Float32Array(2) } }))!, /token/);
  assert.match(problem({}, smallDetails(2, { logits: { ids: Int32Array.of(1, 1), values: Float32Array.of(NaN, 0) } }))!, /not finite/);
  assert.match(problem({}, smallDetails(2, { neighbours: { ids: Int32Array.of(3), values: new Float32Array(1) } }))!, /no feature/);
  assert.match(problem({}, smallDetails(2, { neighbours: { ids: Int32Array.of(1), values: Float32Array.of(1.5) } }))!, /cosine/);
});

test('examples: place, peak and activations', () => {
  const problem = (changes: object): string | null => exampleProblem({ ...smallExample, ...changes }, record, 8);
  assert.match(problem({ start: 1, peak: 2 })!, /does not fit/);
  assert.match(problem({ peak: 8 })!, /peak outside/);
  assert.match(problem({ value: 3 })!, /activation 3/);
  assert.match(problem({ value: NaN })!, /activation NaN/);
  assert.match(problem({ value: 1 })!, /different activations/);
});

test('scores: value and interval', () => {
  const score = { id: 1, uid: 's', label: 1, scorer: 'detection', value: 0.7, low: 0.6, high: 0.8, n: 70, negatives: 'random', judge: 'rule', promptHash: '', createdAt: 't', details: '{}' };
  assert.equal(scoreProblem(score), null);
  assert.equal(scoreProblem({ ...score, low: null, high: null }), null);
  assert.match(scoreProblem({ ...score, value: 7 })!, /beyond/);
  assert.match(scoreProblem({ ...score, low: null })!, /half an interval/);
  assert.match(scoreProblem({ ...score, low: 0.75 })!, /outside its interval/);
  assert.match(scoreProblem({ ...score, n: -1 })!, /-1 windows/);
});

test('extras: lists that name no other feature, counts and correlations that cannot be', () => {
  const problem = (changes: Parameters<typeof smallExtras>[0], rows: object = {}): string | null => extrasProblem({ ...record, ...rows }, smallDetails(2), smallExtras(changes), owner);
  const pairs = (id: number, value: number) => ({ ids: Int32Array.of(id), values: Float32Array.of(value) });
  assert.equal(problem({}), null);
  assert.match(problem({ correlated: pairs(3, 0.5) })!, /no other feature/);
  assert.match(problem({ correlated: pairs(0, 0.5) })!, /no other feature/);
  assert.match(problem({ correlated: pairs(1, 1.5) })!, /correlation beyond 1/);
  assert.match(problem({ neurons: pairs(-1, 0.5) })!, /dimension below 0/);
  assert.match(problem({ cooccurring: { ids: Int32Array.of(1), counts: Int32Array.of(3) } })!, /more often than it fires/);
  assert.match(problem({ negativeBins: Uint32Array.of(1) })!, /below 0/);
  assert.match(problem({ norm: NaN })!, /not finite/);
  assert.equal(extrasProblem(record, smallDetails(2), null, owner), null);
  assert.match(extrasProblem({ ...record, min: -1 }, smallDetails(2), null, owner)!, /below 0/);
});

test('a feature of both signs: its histogram leaves the firings below 0 to the extras', () => {
  const both = { ...record, min: -3, mean: -0.5 };
  assert.equal(featureProblem(both, smallDetails(1), owner, knows), null);
  assert.match(featureProblem({ ...both, min: 0 }, smallDetails(1), owner, knows)!, /minimum|histogram/);
  const below = { ...smallExample, value: -3, maximum: 3, activations: Uint8Array.of(0, 129, 0, 0, 0, 0, 0, 0) };
  assert.equal(exampleProblem(below, both, 8), null);
  assert.match(exampleProblem({ ...below, value: -4, maximum: 4 }, both, 8)!, /activation -4/);
  assert.match(exampleProblem(below, record, 8)!, /activation -3/);
  assert.match(featureProblem({ ...record, tokenClass: 'verb' }, smallDetails(2), owner, knows)!, /token class/);
});

test('directions: of length 1, or 0 where there was no text; example words are not kept', () => {
  const direction = { feature: 1, kind: 'label' as const, text: 'x', vector: packDirection(Float32Array.of(0.6, 0.8)) };
  assert.equal(directionProblem(direction, 1), null);
  assert.equal(directionProblem({ ...direction, kind: 'none', text: '', vector: new Uint8Array(6) }, 1), null);
  assert.match(directionProblem({ ...direction, vector: new Uint8Array(6) }, 1)!, /feature 1 of source 1 has the length 0\.000 instead of 1/);
  assert.match(directionProblem({ ...direction, vector: packDirection(Float32Array.of(3, 4)) }, 1)!, /length 4\.995/);
  assert.match(directionProblem({ ...direction, kind: 'examples' }, 1)!, /a text that is no label/);
});

test('maps: a point a feature, each somewhere', () => {
  const map = { source: 1, kind: 'umap', options: '{}', points: Float32Array.of(1, 2, 3, 4), createdAt: '' };
  assert.equal(mapProblem(map, 2), null);
  assert.match(mapProblem(map, 3)!, /2 points for 3 features/);
  assert.match(mapProblem({ ...map, points: Float32Array.of(1, 2, NaN, 4) }, 2)!, /nowhere \(feature 1\)/);
});
