import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayCancel, mayPause, mayResume, progressShare, progressText } from '../../../../../src/renderer/src/components/job-words.ts';
import type { Job, Progress } from '../../../../../src/shared/schema/job.ts';

const progress: Progress = { phase: 'train', step: 300, total: 600, tokensPerSecond: 12_400, etaSeconds: 200, metrics: {}, message: null };
const job: Job = { id: 'a', kind: 'train', title: 't', state: 'running', config: {}, createdAt: '', startedAt: '', endedAt: null, progress, error: null, result: null };

test('a running job says step, speed and time left', () => {
  assert.equal(progressText(job), 'train: 300 of 600, 12.4 k tokens/s, 3 min 20 s left');
});

test('a paused job promises no time', () => {
  assert.equal(progressText({ ...job, state: 'paused' }), 'train: 300 of 600');
});

test('what has no total has no share, what is done is whole', () => {
  assert.equal(progressShare(job), 0.5);
  assert.equal(progressShare({ ...job, progress: { ...progress, total: 0 } }), null);
  assert.equal(progressShare({ ...job, state: 'done', progress: null }), 1);
  assert.equal(progressShare({ ...job, progress: { ...progress, step: 700 } }), 1);
});

test('only what can be done is offered', () => {
  assert.deepEqual([mayPause('running'), mayResume('running'), mayCancel('running')], [true, false, true]);
  assert.deepEqual([mayPause('interrupted'), mayResume('interrupted'), mayCancel('interrupted')], [false, true, true]);
  assert.deepEqual([mayPause('done'), mayResume('done'), mayCancel('done')], [false, false, false]);
});
