import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSource } from '../../../../src/engine/train/open-source.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

test('by default a tenth of the stored tokens is held out, in whole contexts, over several stores', async (t) => {
  const folder = temporaryFolder(t);
  await writeSmallStore(join(folder, 'a'));
  await writeSmallStore(join(folder, 'b'));
  const config = smallConfig(join(folder, 'd'), { activations: [join(folder, 'a'), join(folder, 'b')], hookPoint: 'blocks.1.hook_resid_post', heldOut: null });
  const source = await openSource(config, quietContext(folder));
  let rows = 0;
  for await (const part of source.heldOut()) rows += part.rows;
  assert.deepEqual([rows, source.dIn, source.identity.hookPoint], [8, 3, 'blocks.1.hook_resid_post']);
  source.close();
});

test('a corpus or model that is not there is refused', async (t) => {
  const folder = temporaryFolder(t);
  const config = smallConfig(join(folder, 'd'), { activations: [], model: join(folder, 'no.gguf'), corpus: join(folder, 'none.txt'), hookPoint: 'h' });
  await assert.rejects(openSource(config, quietContext(folder)), { kind: 'not-found' });
});
