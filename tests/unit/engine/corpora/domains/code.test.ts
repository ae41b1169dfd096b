import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code, pieces, plainCode } from '../../../../../src/engine/corpora/domains/code.ts';

test('licences at the head and lines of data go, other comments stay', () => {
  assert.equal(plainCode(`/* @license Apache */\n/* what it does */\nlet a;\n//# sourceMappingURL=x\nlet b = "${'x'.repeat(500)}";\nlet c;\n`), '/* what it does */\nlet a;\nlet c;');
  assert.equal(plainCode('/* adds */\nlet a;'), '/* adds */\nlet a;');
});

test('pieces are whole lines and together the whole', () => {
  const text = Array.from({ length: 20 }, (_, i) => `line ${i};`).join('\n');
  const cut = [...pieces(text, 30)];
  assert.equal(cut.join('\n'), text);
  assert.ok(cut.length > 3 && cut.every((piece) => piece.length < 50));
});

test('every machine with Loupe has megabytes of it: no types alone, no tests, no minified line', async () => {
  const skipped: string[] = [];
  const { documents, sources } = await code.open({ log: (line) => skipped.push(line) });
  const groups = new Set<string>();
  let bytes = 0;
  for await (const { text, group } of documents()) {
    bytes += text.length;
    groups.add(group);
    assert.ok(text.split('\n').every((line) => line.length <= 400), group);
  }
  assert.deepEqual(skipped, []);
  assert.ok(bytes > 5_000_000, String(bytes));
  assert.ok([...groups].every((group) => !group.endsWith('.d.ts') && !group.includes('_test.')));
  assert.match(sources[0]!, /^zod@\d/u);
});
