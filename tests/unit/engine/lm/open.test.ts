import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openModel } from '../../../../src/engine/lm/open.ts';
import { ggufFile } from '../../../support/gguf-file.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-open-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const llama = {
  'general.architecture': 'llama', 'llama.block_count': 1, 'llama.embedding_length': 8, 'llama.attention.head_count': 2, 'llama.feed_forward_length': 16,
  'llama.context_length': 32, 'llama.vocab_size': 10, 'llama.rope.freq_base': 5000.5,
};

test('a Hugging Face folder: sizes from config.json, the name of the folder', () => {
  const { config, format, family, weightFiles } = openModel(fixtureFolder('llama-tied-llama3'));
  assert.deepEqual([format, family.id, config.name, config.layers, config.kvHeads, config.ropeTheta], ['hugging-face', 'llama', 'llama-tied-llama3', 2, 3, 500]);
  assert.equal(weightFiles.length, 1);
});

test('a snapshot of the hub cache carries the repository\'s name', () => {
  const snapshot = join(folder, 'models--org--tiny', 'snapshots', 'abc123');
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(snapshot, 'config.json'), JSON.stringify({ model_type: 'gpt2', n_layer: 1, n_embd: 4, n_head: 2, n_positions: 8, vocab_size: 5 }));
  assert.equal(openModel(snapshot).config.name, 'org/tiny');
});

test('a GGUF file, or a folder that holds one', () => {
  const own = join(folder, 'gguf');
  mkdirSync(own);
  writeFileSync(join(own, 'tiny.gguf'), ggufFile(llama, []));
  for (const path of [own, join(own, 'tiny.gguf')]) {
    const { config, format } = openModel(path);
    assert.deepEqual([format, config.name, config.dHead, config.kvHeads, config.ropeTheta], ['gguf', 'tiny', 4, 2, 5000.5]);
  }
  writeFileSync(join(own, 'other.gguf'), ggufFile(llama, []));
  assert.throws(() => openModel(own), { kind: 'not-found', message: /2 GGUF files/u });
});

test('what is not there, not a model, or not known is refused with what to do', () => {
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  assert.throws(() => openModel(join(folder, 'none')), { kind: 'not-found', message: /config\.json/u });
  assert.throws(() => openModel(file('a.txt', 'hello')), { kind: 'bad-file', message: /not a GGUF file/u });
  assert.throws(() => openModel(file('e.gguf', '')), { kind: 'bad-file' });
  assert.throws(() => openModel(file('m.gguf', ggufFile({ ...llama, 'general.architecture': 'mamba' }, []))), { kind: 'unsupported', message: /"mamba".*gpt2, llama/u });
  assert.throws(() => openModel(file('m-00002-of-00003.gguf', ggufFile(llama, []))), { kind: 'unsupported', message: /split/u });
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  assert.throws(() => openModel(empty), { kind: 'not-found', message: /neither config\.json/u });
  for (const [text, kind] of [['{', 'bad-file'], ['[]', 'unsupported'], ['{"model_type":"llama"}', 'bad-config'], ['{"model_type":"bloom"}', 'unsupported']]) {
    writeFileSync(join(empty, 'config.json'), text!);
    assert.throws(() => openModel(empty), { kind: kind! }, text);
  }
});
