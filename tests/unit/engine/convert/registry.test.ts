import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedFormats, formatById, formats } from '../../../../src/engine/convert/registry.ts';

test('formats are found by their ids; an unknown one is refused with the nearest', () => {
  for (const format of formats) assert.equal(formatById(format.id, '--to', []), format);
  assert.throws(() => formatById('saelense', '--to', ['loupe']), { kind: 'bad-request', message: /--to: .*did you mean saelens\?.*The formats: loupe, saelens/ });
});

test('two formats of one id are a defect', () => {
  assert.throws(() => checkedFormats([formats[0]!, formats[0]!]), { kind: 'defect', message: /two dictionary formats/ });
});
