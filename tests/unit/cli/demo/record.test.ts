import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../../src/cli/demo/record.ts';
import { readJobs, tailLog } from '../../../../src/main/jobs/folder.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const recording = { id: 'demo-x-0', title: 'Sample run: x', log: () => {} };

test('a demo that ends well is a finished run with its result and its log', async (t) => {
  const runs = temporaryFolder(t);
  await recorded(runs, recording, async (_folder, log) => {
    assert.equal(readJobs(runs)[0]?.state, 'running');
    log('Harvesting activations');
    return { train: { fvu: 0.2 } };
  });
  const [job] = readJobs(runs);
  assert.deepEqual([job?.state, job?.kind, job?.result], ['done', 'demo', { train: { fvu: 0.2 } }]);
  assert.deepEqual(tailLog(runs, 'demo-x-0', 5), ['Harvesting activations']);
});

test('a stopped demo can be resumed, a failed one says why, and the error goes on', async (t) => {
  const runs = temporaryFolder(t);
  const failWith = (error: Error): Promise<unknown> => recorded(runs, recording, () => Promise.reject(error));
  await assert.rejects(failWith(new LoupeError('cancelled', 'stopped')), /stopped/);
  assert.equal(readJobs(runs)[0]?.state, 'interrupted');
  await assert.rejects(failWith(new LoupeError('no-space', 'the disk is full')), /full/);
  assert.deepEqual([readJobs(runs)[0]?.state, readJobs(runs)[0]?.error?.kind], ['failed', 'no-space']);
});
