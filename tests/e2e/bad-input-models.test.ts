/** Models that cannot be used, given to the command line: each is refused in words, and nothing is written. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { families } from '../../src/engine/lm/registry.ts';
import { assertRefused, inChild, inProcess, resultOf } from '../support/command-line.ts';
import type { Refusal } from '../support/command-line.ts';
import { cut, editHeader, editJson, f32, patch, patchTensor, u64 } from '../support/damage.ts';
import { snapshot } from '../support/folders.ts';
import { f32Tensor, ggufFile, ggufString } from '../support/gguf-file.ts';
import { hook, harvestArguments, pathsIn, writeCorpus } from '../support/main-job.ts';
import { tinyGgufMetadata, tinyGgufTensors, writeTinyGguf } from '../support/tiny-gguf.ts';
import { writeTinyLlama } from '../support/tiny-llama.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
const folder = mkdtempSync(join(tmpdir(), 'loupe-bad-model-'));
const job = pathsIn(folder);
const out = join(folder, 'out');

before(() => {
  writeTinyLlama(job.model);
  writeTinyGguf(job.gguf);
  writeCorpus(job.corpus);
});

after(() => rmSync(folder, { recursive: true, force: true }));

interface Case extends Refusal {
  readonly title: string;
  readonly damage: (path: string) => void;
}

/** Harvests from a damaged copy of the model, and expects the refusal and nothing else. */
async function refused(source: string, { damage, ...refusal }: Case): Promise<void> {
  const path = join(folder, source === job.gguf ? 'bad.gguf' : 'bad');
  cpSync(source, path, { recursive: true });
  try {
    damage(path);
    const files = snapshot(folder);
    assertRefused(await inProcess(harvestArguments({ ...job, model: path }, out)), refusal);
    assert.deepEqual(snapshot(folder), files, 'nothing was written');
  } finally {
    rmSync(path, { recursive: true });
  }
}

const weights = (path: string): string => join(path, 'model.safetensors');
const config = (change: Record<string, unknown>) => (path: string): void => editJson(join(path, 'config.json'), (value) => void Object.assign(value, change));
const embedding = 'model.embed_tokens.weight';
const named = (names: readonly string[]): RegExp[] => names.map((name) => new RegExp(`\\b${name}\\b`));
const folderNames = named(families.flatMap(({ modelTypes }) => modelTypes));
const ggufNames = named(families.flatMap(({ ggufArchitectures }) => ggufArchitectures));

const folders: readonly Case[] = [
  { title: 'weights that end half-way', damage: (path) => cut(weights(path), 0.5), kind: 'bad-file', says: [/model\.safetensors/, /cut off/, /Fetch or save it again/] },
  { title: 'weights of seven bytes', damage: (path) => writeFileSync(weights(path), '1234567'), kind: 'bad-file', says: [/model\.safetensors/, /7 bytes/] },
  { title: 'a header that claims terabytes', damage: (path) => patch(weights(path), 0, u64(4n << 40n)), kind: 'bad-file', says: [/header claims 4398046511104 bytes/] },
  {
    title: 'a tensor that claims terabytes', kind: 'bad-file', says: [/tensor "lm_head\.weight"/, /bytes/, /again/],
    damage: (path) => editHeader(weights(path), (header) => Object.assign(header['lm_head.weight']!, { shape: [1 << 20, 1 << 20], data_offsets: [0, 4 * 2 ** 40] })),
  },
  { title: 'a header that is no JSON', damage: (path) => patch(weights(path), 8, Buffer.from('!')), kind: 'bad-file', says: [/header is not JSON/] },
  {
    title: 'tensors that overlap', kind: 'bad-file', says: [/overlap/],
    damage: (path) => editHeader(weights(path), (header) => { header['model.norm.weight']!.data_offsets = [0, 64]; }),
  },
  {
    title: 'a missing tensor', kind: 'bad-file', says: [/model\.layers\.0\.mlp\.up_proj\.weight/, /nearest/],
    damage: (path) => editHeader(weights(path), (header) => {
      header['model.layers.0.mlp.up_prj.weight'] = header['model.layers.0.mlp.up_proj.weight']!;
      delete header['model.layers.0.mlp.up_proj.weight'];
    }),
  },
  { title: 'NaN in the weights', damage: (path) => patchTensor(weights(path), embedding, f32(NaN)), kind: 'not-finite', says: [/bad/, /model\.embed_tokens\.weight\[0\] is NaN/, /fetch or save the model again/] },
  { title: 'infinity in the weights', damage: (path) => patchTensor(weights(path), embedding, f32(-Infinity)), kind: 'not-finite', says: [/is -Infinity/] },
  { title: 'sizes that the weights do not have', damage: config({ intermediate_size: 25 }), kind: 'mismatch', says: [/mlp\.gate_proj|gate/, /24/, /25/] },
  { title: 'an unknown architecture', damage: config({ model_type: 'mamba' }), kind: 'unsupported', says: [/config\.json/, /"mamba"/, ...folderNames] },
  { title: 'no architecture', damage: config({ model_type: 7 }), kind: 'unsupported', says: [/config\.json/, ...folderNames] },
  { title: 'a config with an absurd size', damage: config({ vocab_size: 1e12 }), kind: 'bad-config', says: [/vocab_size/] },
  { title: 'a config with millions of layers', damage: config({ num_hidden_layers: 1 << 24 }), kind: 'bad-config', says: [/layers is 16777216/, /4096/] },
  { title: 'heads wider than any', damage: config({ head_dim: 1 << 24 }), kind: 'bad-config', says: [/dHead is 16777216/] },
  { title: 'heads that do not fit together', damage: config({ num_key_value_heads: 3 }), kind: 'bad-config', says: [/2 heads/, /3/] },
  { title: 'an option that is not computed', damage: config({ rope_scaling: { rope_type: 'strange', factor: 2 } }), kind: 'unsupported', says: [/strange/] },
  { title: 'half a config', damage: (path) => cut(join(path, 'config.json'), 0.5), kind: 'bad-file', says: [/config\.json is not JSON/, /again/] },
  { title: 'half a tokenizer', damage: (path) => cut(join(path, 'tokenizer.json'), 0.5), kind: 'bad-file', says: [/tokenizer\.json is not JSON/, /again/] },
  { title: 'no tokenizer', damage: (path) => rmSync(join(path, 'tokenizer.json')), kind: 'not-found', says: [/tokenizer\.json/] },
  {
    title: 'a vocabulary of words for numbers', kind: 'bad-file', says: [/tokenizer\.json/, /model\.vocab/],
    damage: (path) => editJson(join(path, 'tokenizer.json'), (value) => { value['model'] = { type: 'BPE', vocab: { a: 'one' }, merges: [] }; }),
  },
  {
    title: 'a pre-tokenizer that nobody knows', kind: 'bad-file', says: [/tokenizer\.json/, /again|folder|save/i],
    damage: (path) => editJson(join(path, 'tokenizer.json'), (value) => { value['pre_tokenizer'] = { type: 'Quantum' }; }),
  },
  { title: 'a folder without a model', damage: (path) => rmSync(join(path, 'config.json')), kind: 'not-found', says: [/bad/, /config\.json/] },
];

const [metadata, tensors] = [tinyGgufMetadata(), tinyGgufTensors()];
const head = (...parts: Uint8Array[]): Buffer => Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), ...parts]);
const text8 = Buffer.from([8, 0, 0, 0]);
const array9 = Buffer.from([9, 0, 0, 0]);
const rewritten = (change: Record<string, string | number>, list = tensors) => (path: string): void => writeFileSync(path, ggufFile({ ...metadata, ...change }, list));

const ggufs: readonly Case[] = [
  { title: 'a GGUF that ends half-way', damage: (path) => cut(path, 0.5), kind: 'bad-file', says: [/bad\.gguf/, /cut off/] },
  { title: 'a GGUF that ends in its metadata', damage: (path) => cut(path, 0.02), kind: 'bad-file', says: [/bad\.gguf/] },
  { title: 'a file that is no GGUF', damage: (path) => writeFileSync(path, 'a plain text file, thirty bytes'), kind: 'bad-file', says: [/not a GGUF file/, /Give a GGUF file/] },
  { title: 'four bytes', damage: (path) => writeFileSync(path, 'GGUF'), kind: 'bad-file', says: [/bad\.gguf/] },
  { title: 'a count of a quadrillion tensors', damage: (path) => writeFileSync(path, head(u64(1n << 50n), u64(0n))), kind: 'bad-file', says: [/number of tensors/, /1125899906842624/] },
  { title: 'a string of terabytes', damage: (path) => writeFileSync(path, head(u64(0n), u64(1n), ggufString('a'), text8, u64(1n << 42n))), kind: 'bad-file', says: [/bad\.gguf/, /4398046511104/] },
  { title: 'a list of 2^60 items', damage: (path) => writeFileSync(path, head(u64(0n), u64(1n), ggufString('a'), array9, text8, u64(1n << 60n))), kind: 'bad-file', says: [/bad\.gguf/, /1152921504606846976/] },
  { title: 'lists in lists in lists', damage: (path) => writeFileSync(path, head(u64(0n), u64(1n), ggufString('a'), ...Array.from({ length: 20_000 }, () => Buffer.concat([array9, array9, u64(1n)])))), kind: 'bad-file', says: [/bad\.gguf/] },
  { title: 'an unknown architecture', damage: rewritten({ 'general.architecture': 'rwkv7' }), kind: 'unsupported', says: [/"rwkv7"/, ...ggufNames] },
  { title: 'a newer version', damage: (path) => patch(path, 4, Uint8Array.of(9, 0, 0, 0)), kind: 'unsupported', says: [/version 9/] },
  { title: 'an unknown weight type', damage: rewritten({}, [{ ...tensors[0]!, type: 99 }, ...tensors.slice(1)]), kind: 'unsupported', says: [/token_embd\.weight/, /99/, /Q8_0/] },
  { title: 'a tokenizer of another kind', damage: rewritten({ 'tokenizer.ggml.model': 't5' }), kind: 'unsupported', says: [/"t5"/, /Hugging Face folder/] },
  { title: 'NaN in the weights', damage: rewritten({}, [...tensors.slice(0, -1), f32Tensor(tensors.at(-1)!.name, tensors.at(-1)!.shape, new Float32Array(16 * 24).fill(NaN))]), kind: 'not-finite', says: [/ffn_down\.weight\[0\] is NaN/] },
];

test('what is damaged below is whole: both models can be harvested from', async () => {
  resultOf(await inProcess([...harvestArguments(job, join(folder, 'sound'))]));
  resultOf(await inProcess([...harvestArguments({ ...job, model: job.gguf }, join(folder, 'sound-gguf'))]));
});

describe('a Hugging Face folder is refused:', () => {
  for (const one of folders) test(one.title, () => refused(job.model, one));
});

describe('a GGUF file is refused:', () => {
  for (const one of ggufs) test(one.title, () => refused(job.gguf, one));
});

describe('arguments that name nothing are refused:', () => {
  const cases: readonly (Refusal & { readonly title: string; readonly change: Readonly<Record<string, string>> })[] = [
    { title: 'a model that is not there', change: { '--model': join(folder, 'nowhere') }, kind: 'not-found', says: [/nowhere/, /Give a folder/] },
    { title: 'a folder that holds no model', change: { '--model': join(folder, 'empty') }, kind: 'not-found', says: [/empty/, /config\.json/] },
    { title: 'a misspelt hook, with the nearest', change: { '--hook': 'blocks.0.hook_resid_pots' }, kind: 'not-found', says: [/blocks\.0\.hook_resid_pots/, /nearest|did you mean/i, /blocks\.0\.hook_resid_post/] },
    { title: 'a hook of a block that the model has not', change: { '--hook': 'blocks.9.hook_resid_post' }, kind: 'not-found', says: [/blocks\.9\.hook_resid_post/, /nearest is blocks\.[01]\.hook_resid_post/] },
    { title: 'a context longer than the model takes', change: { '--context-length': '128' }, kind: 'bad-config', says: [/128/, /64/, /Lower/] },
    { title: 'no tokens', change: { '--tokens': '0' }, kind: 'bad-request', says: [/--tokens/] },
    { title: 'a count that is no number', change: { '--batch': 'many' }, kind: 'bad-request', says: [/--batch/] },
  ];
  before(() => void mkdirSync(join(folder, 'empty')));
  for (const { title, change, ...refusal } of cases) {
    test(title, async () => {
      const files = snapshot(folder);
      const given = harvestArguments(job, out);
      const replaced = given.map((word, i) => change[given[i - 1] ?? ''] ?? word);
      const added = Object.entries(change).filter(([name]) => !given.includes(name)).flat();
      assertRefused(await inProcess([...replaced, ...added]), refusal);
      assert.deepEqual(snapshot(folder), files, 'nothing was written');
    });
  }
});

test('a process of its own refuses alike, and the file that it refused is as it was', async () => {
  const path = join(folder, 'terabytes.gguf');
  writeFileSync(path, head(u64(1n << 50n), u64(0n)));
  const bytes = readFileSync(path);
  assertRefused(await inChild(['harvest', '--model', path, '--hook', hook, '--corpus', job.corpus, '--out', out]), { kind: 'bad-file', says: [/terabytes\.gguf/, /number of tensors/] });
  assert.deepEqual(readFileSync(path), bytes);
});
