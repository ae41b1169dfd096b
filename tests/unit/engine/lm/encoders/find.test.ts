import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installedEncoder, sentenceEncoderComponent } from '../../../../../src/engine/lm/encoders/find.ts';

test('the encoder is found in the cache once it is there', () => {
  const cache = mkdtempSync(join(tmpdir(), 'loupe-cache-'));
  try {
    const { name, folder, bytes } = sentenceEncoderComponent(cache);
    assert.equal(name, 'all-MiniLM-L6-v2');
    assert.ok(bytes > 1e6 && folder.startsWith(cache));
    assert.equal(installedEncoder(cache), null);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{}');
    assert.equal(installedEncoder(cache), folder);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});
