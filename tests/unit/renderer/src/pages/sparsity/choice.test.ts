import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseName, choiceQuery, jobsOfModel, readChoice, studyJobs, studyNames } from '../../../../../../src/renderer/src/pages/sparsity/choice.ts';
import type { Job } from '../../../../../../src/shared/schema/job.ts';

const job = (id: string, changes: Partial<Job> = {}): Job => ({
  id, kind: 'lm-sparsity', title: id, state: 'done', config: { model: '/m/a', data: 'text' }, createdAt: `2026-01-0${id.at(-1)}`, startedAt: null, endedAt: null, progress: null, error: null, result: null, ...changes,
});
const jobs = [job('s1'), job('s2', { state: 'running' }), job('s3', { config: { model: 'C:\\m\\b', data: null } }), job('t4', { kind: 'train' })];

test('studies are those of the kind, the newest first; those of a model have its path', () => {
  assert.deepEqual(studyJobs(jobs).map(({ id }) => id), ['s3', 's2', 's1']);
  assert.deepEqual(jobsOfModel(jobs, '/m/a').map(({ id }) => id), ['s2', 's1']);
});

test('the address names run, others and layer; what it does not name is the newest that is done', () => {
  const own = jobsOfModel(jobs, '/m/a');
  assert.deepEqual(readChoice({}, own), { run: 's1', beside: [], layer: 0 });
  assert.deepEqual(readChoice({ run: 's2', with: 's3,s2,s3,,x,y,z', layer: '7' }, own), { run: 's2', beside: ['s3', 'x', 'y'], layer: 7 });
  assert.deepEqual(readChoice({ run: 'gone', layer: '-1' }, own), { run: 's1', beside: [], layer: 0 });
  assert.equal(readChoice({}, [jobs[1]!]).run, 's2');
  assert.equal(readChoice({}, []).run, null);
  assert.deepEqual(choiceQuery({ run: 's2', beside: ['s3', 'x'], layer: 7 }), { run: 's2', with: 's3,x', layer: '7' });
  assert.deepEqual(choiceQuery({ run: null, beside: [], layer: 0 }), {});
});

test('studies are called by model and text, and by their run where two would be called alike', () => {
  assert.deepEqual([...studyNames(jobs.slice(0, 3))], [['s1', 'a, text (s1)'], ['s2', 'a, text (s2)'], ['s3', 'b, validation']]);
  assert.equal(studyNames([job('s5', { config: { model: '/m/a', data: 'text', untrained: true } })]).get('s5'), 'a at its start, text');
  assert.deepEqual([baseName('/a/b/'), baseName('plain')], ['b', 'plain']);
});
