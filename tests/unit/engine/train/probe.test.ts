import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeRun } from '../../../../src/engine/train/probe.ts';
import { inProcess, resultOf } from '../../../support/command-line.ts';
import { useCpu } from '../../../support/fake-model.ts';
import { makeStore, trainArguments } from '../../../support/main-job.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

process.env['LOUPE_BACKEND'] = 'cpu';

test('a probe tells memory, disk and time, and writes nothing; --dry-run prints it', async (t) => {
  await useCpu();
  const folder = temporaryFolder(t);
  const job = await makeStore(folder);
  const out = join(folder, 'out');
  const found = await probeRun(smallConfig(out, { activations: [job.store], steps: 100 }), quietContext(out));
  assert.ok(found.memory > 0 && found.disk > 0 && found.secondsPerStep > 0, JSON.stringify(found));
  assert.ok(Math.abs(found.seconds - 100 * found.secondsPerStep) < 1e-9);
  const printed = resultOf(await inProcess([...trainArguments(job, out), '--dry-run']));
  assert.ok((printed['seconds'] as number) > 0 && (printed['available'] as { disk: number }).disk > 0, JSON.stringify(printed));
  assert.ok(!existsSync(out));
});
