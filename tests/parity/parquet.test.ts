/** pandas reads an exported Parquet folder as the catalog holds it: types, lists, signs, and redacted words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { openCatalogReader } from '../../src/main/catalog/opening.ts';
import { featurePageOf } from '../../src/main/catalog/reading.ts';
import { parityPython } from '../support/parity-python.ts';
import { exportTo } from '../support/share.ts';
import { signedCatalog } from '../support/signed-catalog.ts';
import { temporaryFolder } from '../support/temporary.ts';

type Read = Record<'features' | 'labels' | 'examples', { types: string[]; rows: Record<string, unknown>[] }>;

async function pandasReads(folder: string): Promise<Read> {
  const { status, stdout, stderr } = spawnSync(await parityPython(), [resolve(import.meta.dirname, 'parquet_reference.py'), folder], { encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 29 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Read;
}

const close = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= 1e-6 * Math.max(1, Math.abs(value)));

for (const kind of ['generated', 'signed'] as const) {
  test(`a ${kind} catalog`, async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'c.loupe');
    if (kind === 'signed') await signedCatalog(path);
    else generateCatalog(path, { features: 600, contexts: 80, contextLength: 96, vocabulary: 400, labelled: 0.5 });
    exportTo(path, 'parquet', join(folder, 'out'));
    const { features, labels, examples } = await pandasReads(join(folder, 'out'));
    assert.deepEqual(features.types.slice(-8), ['int64', 'int64', 'string', 'float', 'string', 'float', 'int32', 'float'].map((type) => `list<element: ${type} not null>`));
    assert.deepEqual(examples.types.slice(-4), ['float', 'float', 'list<element: string not null>', 'list<element: float not null>']);
    const db = openCatalogReader(path);
    let at = 0;
    for (const row of features.rows) {
      const page = featurePageOf(db, { source: 1, index: row['feature'] as number });
      assert.equal(row['firings'], page.firings);
      assert.deepEqual([row['histogram'], row['top_tokens'], row['neighbours']], [[...page.histogram.counts.data], page.topLogits.map(({ token }) => token), page.neighbours.map(({ index }) => index)]);
      assert.ok(close(row['neighbour_cosines'] as number[], page.neighbours.map(({ cosine }) => cosine)));
      assert.equal(row['label'], page.label?.text ?? null);
      for (const example of page.groups.flatMap((group) => group.examples)) {
        const read = examples.rows[at++]!;
        assert.deepEqual([read['feature'], read['start'], read['peak'], read['tokens']], [row['feature'], example.start, example.peak, example.tokens]);
        assert.ok(close(read['activations'] as number[], [...(example.activations.data as Float32Array)]), `feature ${String(row['feature'])}`);
      }
    }
    assert.equal(at, examples.rows.length);
    assert.equal(labels.rows.length, features.rows.filter((row) => row['label'] !== null).length);
    db.close();
  });
}

test('redacted words are classes', async (t) => {
  const folder = temporaryFolder(t);
  generateCatalog(join(folder, 'c.loupe'), { features: 30, contexts: 20, contextLength: 64, vocabulary: 200 });
  exportTo(join(folder, 'c.loupe'), 'parquet', join(folder, 'out'), { redaction: { text: 'classes' } });
  const { examples } = await pandasReads(join(folder, 'out'));
  assert.deepEqual([...new Set(examples.rows.flatMap((row) => row['tokens'] as string[]))].toSorted(), [' ‹word›', '<|end|>']);
});
