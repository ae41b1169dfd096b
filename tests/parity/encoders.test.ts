import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { installedEncoder } from '../../src/engine/lm/encoders/find.ts';
import { loadEncoder } from '../../src/engine/lm/encoders/load.ts';
import { readEncoderReference } from '../support/encoder-fixtures.ts';
import { largestDifference } from '../support/lm-fixtures.ts';
import { runPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-parity-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const minilm = installedEncoder();
before(async () => {
  await loadBackend();
  await runPython('encoder_reference.py', folder, ...(minilm === null ? [] : [minilm]));
});

async function compare(path: string, referencePath: string): Promise<void> {
  const { texts, vectors } = readEncoderReference(referencePath);
  const encoder = await loadEncoder(path);
  assert.ok(largestDifference(encoder.encode(texts), vectors.flat()) <= 1e-4);
  encoder.dispose();
}

test('a tiny BERT: vectors of transformers within 1e-4, from the package itself', () => compare(join(folder, 'bert'), join(folder, 'bert', 'reference.json')));

test('all-MiniLM-L6-v2: vectors of transformers within 1e-4, from the package itself', { skip: minilm === null ? 'the sentence encoder is not installed: node scripts/components.mjs sentence-encoder' : false },
  () => compare(minilm!, join(folder, 'minilm.json')));
