import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { exportConfigOf, redactionOf } from '../../../../src/cli/commands/catalog-export.ts';
import { exportConfigSchema } from '../../../../src/shared/schema/export.ts';

test('options become a config that its schema takes', () => {
  const config = exportConfigSchema.parse(exportConfigOf('a.loupe', {
    to: 'loupe', out: 'b.loupe', features: '0-9,12', list: 'mine', labelled: true, examples: '5', source: '2', redact: 'around:3,people', guardFormulas: true,
  }));
  assert.deepEqual(config, {
    catalog: resolve('a.loupe'), format: 'loupe', out: resolve('b.loupe'), examples: 5, guardFormulas: true,
    selection: { source: 2, indices: '0-9,12', list: 'mine', filter: null, search: null, labelled: true },
    redaction: { text: 'around', around: 3, people: true },
  });
});

test('without options everything is exported as it is', () => {
  const config = exportConfigSchema.parse(exportConfigOf('a.loupe', { to: 'csv', out: 'b', guardFormulas: true }));
  assert.deepEqual(config.redaction, { text: 'none', around: 5, people: false });
  assert.equal(config.examples, null);
});

test('a wrong option is named', () => {
  assert.throws(() => exportConfigOf('a', { to: 'pdf', out: 'b' }), { kind: 'bad-request', message: /--to is "pdf"/ });
  assert.throws(() => exportConfigOf('a', { to: 'csv', out: 'b', examples: '-1' }), { kind: 'bad-request', message: /--examples/ });
  for (const redact of ['names', 'around:x', 'classes:3']) assert.throws(() => redactionOf(redact), { kind: 'bad-request', message: new RegExp(redact) });
});
