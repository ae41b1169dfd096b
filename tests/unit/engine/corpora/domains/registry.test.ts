import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainById, domains } from '../../../../../src/engine/corpora/domains/registry.ts';

test('four domains, known by their names; an unknown one is refused with the nearest', () => {
  assert.deepEqual(domains.map(({ id }) => id), ['chess', 'english', 'code', 'digits']);
  assert.equal(domainById('code').title, 'Code');
  assert.throws(() => domainById('codes'), { kind: 'bad-request', message: /did you mean code\? The domains: chess, english, code, digits/u });
});
