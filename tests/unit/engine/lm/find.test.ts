import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { findModels, sampleModelPath } from '../../../../src/engine/lm/find.ts';
import { ggufFile } from '../../../support/gguf-file.ts';

const home = mkdtempSync(join(tmpdir(), 'loupe-find-'));
after(() => rmSync(home, { recursive: true, force: true }));
const put = (path: string, content: string | Uint8Array): string => {
  const whole = join(home, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
};
const gguf = (architecture: string): Buffer => ggufFile({
  'general.architecture': architecture, [`${architecture}.block_count`]: 1, [`${architecture}.embedding_length`]: 8, [`${architecture}.attention.head_count`]: 2,
  [`${architecture}.feed_forward_length`]: 16, [`${architecture}.context_length`]: 32, [`${architecture}.vocab_size`]: 10,
}, []);
const env = { LOUPE_CACHE: join(home, 'cache') };
/** No samples come along. */
const none = join(home, 'none');

test('nothing is found where there is nothing', () => {
  assert.deepEqual(findModels(env, home, none), []);
  assert.equal(sampleModelPath(env), null);
});

test('models of other programs are found with their names and origins, the sample first', () => {
  const config = JSON.stringify({ model_type: 'gpt2', n_layer: 1, n_embd: 4, n_head: 2, n_positions: 8, vocab_size: 5 });
  put('.cache/huggingface/hub/models--org--tiny/snapshots/c1/config.json', config);
  put('.cache/huggingface/hub/models--org--tiny/snapshots/c1/model.safetensors', 'x'.repeat(30));
  put('.cache/huggingface/hub/models--org--tokenizer-only/snapshots/c1/tokenizer.json', '{}');
  put('.lmstudio/models/pub/repo/small.gguf', gguf('llama'));
  put('.lmstudio/models/pub/repo/mmproj-vision.gguf', gguf('clip'));
  put('.lmstudio/models/pub/other/strange.gguf', gguf('mamba'));
  const digest = 'a'.repeat(64);
  put(`.ollama/models/blobs/sha256-${digest}`, gguf('llama'));
  put('.ollama/models/manifests/registry/library/tinyllama/latest', JSON.stringify({ layers: [{ mediaType: 'application/vnd.ollama.image.template', digest: `sha256:${'b'.repeat(64)}` }, { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}` }] }));
  put('.ollama/models/manifests/registry/library/evil/latest', JSON.stringify({ layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: 'sha256:../../../etc/passwd' }] }));
  put('.ollama/models/manifests/registry/library/broken/latest', '{');
  const sample = put('cache/models/SmolLM2-135M-Instruct.Q4_1.gguf', gguf('llama'));
  const found = findModels(env, home, none);
  assert.deepEqual(found.map(({ name, origin }) => [name, origin]), [
    ['SmolLM2-135M-Instruct.Q4_1', 'sample'], ['org/tiny', 'hugging-face'], ['strange', 'lm-studio'], ['small', 'lm-studio'], ['tinyllama:latest', 'ollama'],
  ]);
  assert.equal(sampleModelPath(env), sample);
  assert.equal(found.find(({ name }) => name === 'org/tiny')!.bytes, 30);
  assert.match(found.find(({ name }) => name === 'strange')!.problem!, /mamba/u);
  assert.deepEqual(found.filter(({ problem }) => problem === null).map(({ name }) => name), ['SmolLM2-135M-Instruct.Q4_1', 'org/tiny', 'small', 'tinyllama:latest']);
});

test('the programs\' own variables say where to look', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'loupe-find-'));
  const own = { ...env, HF_HUB_CACHE: join(home, '.cache/huggingface/hub'), OLLAMA_MODELS: join(home, '.ollama/models'), LMSTUDIO_MODELS: join(home, '.lmstudio/models') };
  assert.deepEqual(findModels(own, elsewhere, none).map(({ name }) => name), findModels(env, home, none).map(({ name }) => name));
  rmSync(elsewhere, { recursive: true });
});

test('models that come along are found, whole ones alone', () => {
  put('samples/one/config.json', JSON.stringify({ model_type: 'gpt2', n_layer: 1, n_embd: 4, n_head: 2, n_positions: 8, vocab_size: 5 }));
  put('samples/one/model.safetensors', 'x'.repeat(12));
  put('samples/half/model.safetensors', 'x');
  const empty = mkdtempSync(join(tmpdir(), 'loupe-find-'));
  assert.deepEqual(findModels({ LOUPE_CACHE: empty }, empty, join(home, 'samples')), [{ path: join(home, 'samples/one'), name: 'one', origin: 'loupe', bytes: 12, problem: null }]);
  rmSync(empty, { recursive: true });
});
