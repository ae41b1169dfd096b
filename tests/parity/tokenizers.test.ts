import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openGguf } from '../../src/engine/formats/gguf.ts';
import { sampleModelPath } from '../../src/engine/lm/find.ts';
import { tokenizerFromGguf } from '../../src/engine/tokenizers/gguf.ts';
import { createTokenizer } from '../../src/engine/tokenizers/tokenizer.ts';
import { tokenizerConfigSchema, tokenizerJsonSchema } from '../../src/engine/tokenizers/tokenizer-json.ts';
import type { Tokenizer } from '../../src/engine/tokenizers/types.ts';
import { missingPackage, runPython } from './python.ts';

interface Case {
  readonly json: unknown;
  readonly config: unknown;
  readonly ids: number[][];
}
const kinds = ['gpt2', 'llama', 'neox', 'qwen', 'gemma', 'mistral'] as const;
interface Reference extends Readonly<Record<(typeof kinds)[number], Case>> {
  readonly lines: string[];
  readonly gguf?: { readonly ids: number[][]; readonly transformers: number[][] };
}
const folder = mkdtempSync(join(tmpdir(), 'loupe-parity-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const sample = sampleModelPath();
const noLlama = (await missingPackage('llama_cpp')) || (sample === null && 'the sample model is not installed');
let reference: Reference;
before(async () => {
  const out = join(folder, 'tokenizers.json.gz');
  await runPython('tokenizer_reference.py', out, '--lines', '5000', ...(noLlama === false ? ['--gguf', sample!] : []));
  reference = JSON.parse(gunzipSync(readFileSync(out)).toString()) as Reference;
});

function differing(tokenizer: Tokenizer, ids: readonly number[][]): string[] {
  return reference.lines.filter((line, i) => tokenizer.encode(line).join() !== ids[i]!.join());
}

for (const name of kinds) {
  test(`${name}: ids equal those of transformers on 5,000 lines`, () => {
    const { json, config, ids } = reference[name];
    assert.equal(ids.length, 5000);
    assert.deepEqual(differing(createTokenizer(tokenizerJsonSchema.parse(json), tokenizerConfigSchema.parse(config), name), ids), []);
  });
}

test('the sample model\'s own tokenizer: ids equal those of llama.cpp and of transformers on 5,000 lines', { skip: noLlama }, () => {
  const file = openGguf(sample!);
  file.close();
  const tokenizer = tokenizerFromGguf(file.metadata, 'sample');
  assert.deepEqual(differing(tokenizer, reference.gguf!.ids), []);
  assert.deepEqual(differing(tokenizer, reference.gguf!.transformers), []);
});
