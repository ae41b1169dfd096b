import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadJob } from '../../../src/engine/jobs.ts';
import { engineJobKinds } from '../../../src/engine/protocol.ts';

test('every kind of job loads, with a schema that refuses unknown fields and a runner', async () => {
  for (const kind of engineJobKinds) {
    const { schema, run } = await loadJob(kind);
    const parsed = schema.safeParse({ variant: 'topk', surprise: 1 });
    assert.ok(!parsed.success, kind);
    assert.ok(parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys'), kind);
    assert.equal(typeof run, 'function', kind);
  }
});
