import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressionOf, plainName, readChunks, requireText } from '../../../../src/engine/corpora/bytes.ts';
import { collect } from '../../../support/collect.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the ending of the name says how a file is compressed', () => {
  assert.deepEqual(['a.JSONL.GZ', 'a.txt.zst', 'a.txt'].map((name) => [compressionOf(name), plainName(name)]), [['.gz', 'a.jsonl'], ['.zst', 'a.txt'], ['', 'a.txt']]);
});

test('compressed files give their content', async (t) => {
  const folder = temporaryFolder(t);
  const content = Buffer.from('some text '.repeat(100_000));
  for (const [name, bytes] of [['a.txt', content], ['a.txt.gz', gzipSync(content)], ['a.txt.zst', zstdCompressSync(content)]] as const) {
    writeFileSync(join(folder, name), bytes);
    assert.ok(content.equals(Buffer.concat(await collect(readChunks(join(folder, name))))), name);
  }
});

test('broken compression is a bad file, and nothing is left open when reading stops early', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.gz'), gzipSync(Buffer.alloc(1_000_000)).subarray(0, 500));
  await assert.rejects(collect(readChunks(join(folder, 'a.gz'))), { kind: 'bad-file', message: /cannot be decompressed/ });
  writeFileSync(join(folder, 'b.gz'), 'not gzip at all');
  await assert.rejects(collect(readChunks(join(folder, 'b.gz'))), { kind: 'bad-file' });
  writeFileSync(join(folder, 'b.zst'), 'not zstd at all');
  await assert.rejects(collect(readChunks(join(folder, 'b.zst'))), { kind: 'bad-file' });
  writeFileSync(join(folder, 'c.gz'), gzipSync(Buffer.alloc(50_000_000)));
  for await (const chunk of readChunks(join(folder, 'c.gz'))) {
    assert.ok(chunk.length > 0);
    break;
  }
});

test('what is no text, no file, or not there is refused', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.txt'), Buffer.from('wide', 'utf16le'));
  assert.throws(() => requireText(join(folder, 'a.txt')), { kind: 'bad-file', message: /not plain text/ });
  assert.throws(() => requireText(folder), { kind: 'bad-request' });
  assert.throws(() => requireText(join(folder, 'none')), { kind: 'not-found' });
});
