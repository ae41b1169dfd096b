import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { trainBpe, wordsOf } from '../../src/engine/tokenizers/bpe-train.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { runPython } from './python.ts';

function counted(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const texts: readonly [string, () => string, number][] = [
  ['English with code', () => ['architecture', 'methods', 'file-formats'].map((name) => readFileSync(join(import.meta.dirname, `../../docs/${name}.md`), 'utf8')).join('\n'), 2000],
  ['other scripts and repeated letters', () => 'aaaa aaabaaa abab Grüße, 你好 你好吗 🙂🙂 привет  мир\t\n'.repeat(5) + "it's they're 1000 100 10\n\n".repeat(3), 400],
];

for (const [name, text, size] of texts) {
  test(`${name}: merges and ids are those of Hugging Face's trainer`, async (t) => {
    const path = join(temporaryFolder(t), 'text.txt');
    writeFileSync(path, text());
    const reference = JSON.parse(await runPython('bpe_reference.py', path, String(size))) as { merges: ([string, string] | string)[]; vocab: Record<string, number> };
    const own = trainBpe(counted(text()), size);
    const theirs = reference.merges.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge));
    assert.ok(theirs.length > 20);
    assert.deepEqual(own.merges, theirs);
    assert.deepEqual(Object.fromEntries(own.tokens.map((token, id) => [token, id])), reference.vocab);
  });
}
