import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { openCatalog, stopThreads } from '../../../../src/main/catalog/client.ts';
import { embedCatalog } from '../../../../src/main/explore/embed.ts';
import type { EncodeTexts } from '../../../../src/main/explore/embed.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

after(stopThreads);

/** A unit vector of two numbers a text; keeps what it was asked. */
function fakeEncoder(): { encode: EncodeTexts; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    encode: async (_folder, texts) => {
      asked.push(...texts);
      return { name: 'toy', hash: 'h', dim: 2, vectors: vector(Float32Array.from(texts.flatMap((text) => [Math.cos(text.length), Math.sin(text.length)]))) };
    },
  };
}

const never = new AbortController().signal;
const quiet = { signal: never, progress: () => {} };

test('every feature gets its text, once; a label that was given since is embedded alone', async (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 300, contexts: 20, contextLength: 64, vocabulary: 100, labelled: 0.5 });
  const catalog = await openCatalog(path);
  const { encode, asked } = fakeEncoder();
  const steps: number[] = [];
  const first = await embedCatalog(catalog, 1, 'x', encode, { signal: never, progress: ({ step, total }) => { steps.push(step); assert.equal(total, 300); } });
  assert.deepEqual(first, { encoder: 'toy', dim: 2, embedded: 300, kept: 0 });
  assert.deepEqual(steps, [128, 256, 300]);
  assert.ok(asked.every((text) => text !== ''));
  asked.length = 0;
  await catalog.setLabel({ source: 1, index: 7, text: 'a new label', author: '', kind: 'manual', confidence: null, notes: '' });
  assert.deepEqual(await embedCatalog(catalog, 1, 'x', encode, quiet), { encoder: 'toy', dim: 2, embedded: 1, kept: 300 });
  assert.deepEqual(asked, ['a new label']);
  await catalog.close();
});

test('stopped, it keeps what was done; run again, it does the rest', async (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 300, contexts: 20, contextLength: 64, vocabulary: 100 });
  const catalog = await openCatalog(path);
  const { encode } = fakeEncoder();
  const stop = new AbortController();
  await assert.rejects(embedCatalog(catalog, 1, 'x', encode, { signal: stop.signal, progress: () => stop.abort() }), { kind: 'cancelled' });
  assert.equal((await catalog.ask('explore.meaningStates', { source: 1 }))[0]!.embedded, 128);
  assert.equal((await embedCatalog(catalog, 1, 'x', encode, quiet))['embedded'], 172);
  await catalog.close();
});

test('a catalog of somebody else is not changed', async (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 10, contexts: 10, contextLength: 64, vocabulary: 100 });
  const catalog = await openCatalog(path, { readOnly: true });
  await assert.rejects(embedCatalog(catalog, 1, 'x', fakeEncoder().encode, quiet), { kind: 'read-only' });
  await catalog.close();
});
