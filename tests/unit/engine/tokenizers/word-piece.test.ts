import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadTokenizer } from '../../../../src/engine/tokenizers/load.ts';
import { loadWordPieceVocabulary } from '../../../../src/engine/tokenizers/word-piece.ts';
import { readEncoderReference, tinyEncoder } from '../../../support/encoder-fixtures.ts';

const scratch = mkdtempSync(join(tmpdir(), 'loupe-word-piece-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

test('ids equal those of the Rust library, from tokenizer.json and from vocab.txt alone', () => {
  const { texts, ids } = readEncoderReference(join(tinyEncoder, 'reference.json'));
  for (const tokenizer of [loadTokenizer(tinyEncoder), loadWordPieceVocabulary(tinyEncoder)]) {
    texts.forEach((text, i) => {
      const found = [...tokenizer.encode(text, { special: true })];
      const most = 48;
      assert.deepEqual(found.length <= most ? found : [...found.slice(0, most - 1), found.at(-1)], ids[i], JSON.stringify(text));
    });
  }
});

test('a vocabulary that keeps the case says so in tokenizer_config.json', () => {
  writeFileSync(join(scratch, 'vocab.txt'), '[UNK]\n[CLS]\n[SEP]\nCat\ncat\r\n');
  assert.deepEqual([...loadWordPieceVocabulary(scratch).encode('Cat cat')], [4, 4]);
  writeFileSync(join(scratch, 'tokenizer_config.json'), '{"do_lower_case": false}');
  assert.deepEqual([...loadWordPieceVocabulary(scratch).encode('Cat cat')], [3, 4]);
});

test('a vocabulary without what BERT needs is refused', () => {
  writeFileSync(join(scratch, 'vocab.txt'), 'a\nb\n');
  assert.throws(() => loadWordPieceVocabulary(scratch), { kind: 'bad-file', message: /lacks \[UNK\]/ });
  assert.throws(() => loadWordPieceVocabulary(join(scratch, 'none')), { kind: 'not-found', message: /vocab\.txt/ });
});
