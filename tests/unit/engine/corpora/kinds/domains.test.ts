import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitOf } from '../../../../../src/engine/corpora/domains/split.ts';
import { openCorpus } from '../../../../../src/engine/corpora/registry.ts';

async function idsOf(spec: string, most = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of (await openCorpus(spec)).documents()) if (ids.push(id) >= most) break;
  return ids;
}

test('a domain by itself is the part that is held out; its other parts have names, and none meet', async () => {
  const [test_, named, attribute] = [await idsOf('domain:code'), await idsOf('domain:code:test'), await idsOf('domain:code:attribute')];
  assert.deepEqual(test_, named);
  const groups = (ids: readonly string[]): Set<string> => new Set(ids.map((id) => id.replace(/:\d+$/u, '')));
  assert.ok([...groups(test_)].every((group) => splitOf(group) === 'test'));
  assert.ok([...groups(attribute)].every((group) => splitOf(group) === 'attribute' && !groups(test_).has(group)));
  assert.ok(test_.length > 50 && attribute.length > 50);
});

test('unknown domains and parts are refused with the nearest', async () => {
  await assert.rejects(openCorpus('domain:digit'), { kind: 'bad-request', message: /no domain "digit"; did you mean digits\?/u });
  await assert.rejects(openCorpus('domain:code:tests'), { kind: 'bad-request', message: /no part "tests"; did you mean test\?/u });
  await assert.rejects(openCorpus('domain:code:test:1'), { kind: 'bad-request', message: /domain:NAME:PART/u });
});
