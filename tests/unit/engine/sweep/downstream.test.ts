import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { openCorpus } from '../../../../src/engine/corpora/registry.ts';
import { batchesOf, corpusContexts } from '../../../../src/engine/eval/contexts.ts';
import { spliceOver } from '../../../../src/engine/eval/downstream.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { sweepConfigSchema } from '../../../../src/engine/sweep/config.ts';
import { downstreamOf } from '../../../../src/engine/sweep/downstream.ts';
import { runSweep } from '../../../../src/engine/sweep/job.ts';
import type { SweepRow } from '../../../../src/shared/schema/sweep.ts';
import { useCpu } from '../../../support/fake-model.ts';
import { hook, makeStore } from '../../../support/main-job.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext } from '../../../support/trained.ts';

process.env['LOUPE_BACKEND'] = 'cpu';

test('delta CE of each member is what splicing it alone costs; a sweep that does not ask for it has none', async (t) => {
  await useCpu();
  const folder = temporaryFolder(t);
  const job = await makeStore(folder);
  const base = { activations: [job.store], dSae: 32, steps: 20, batch: 64 };
  const sweep = sweepConfigSchema.parse({ out: join(folder, 'sweep'), base, grid: { k: [2, 8] }, baselines: false, downstream: { model: job.model, corpus: job.corpus, tokens: 256 } });
  const rows = (await runSweep(sweep, quietContext(sweep.out)))['rows'] as SweepRow[];
  assert.equal(rows.length, 2);
  const model = await loadModel(job.model, {});
  const contexts = await corpusContexts(model, await openCorpus(job.corpus, { log: () => {} }), { read: [hook], target: null }, { tokens: 256, contextLength: 32 });
  for (const row of rows) {
    const dictionary = await loadDictionary(row.dictionary);
    const { crossEntropy, spliced } = await spliceOver(model, { read: hook, write: hook }, batchesOf(contexts, 256, 4), { own: (x, count) => dictionary.reconstruct(x, count) });
    dictionary.dispose();
    assert.ok(Math.abs(row.deltaCe! - (spliced['own']!.crossEntropy - crossEntropy)) < 1e-4, JSON.stringify(row));
  }
  model.dispose();
  assert.notEqual(rows[0]!.deltaCe, rows[1]!.deltaCe);
  assert.equal((await downstreamOf({ ...sweep, downstream: null }, [], quietContext(folder))).size, 0);
});
