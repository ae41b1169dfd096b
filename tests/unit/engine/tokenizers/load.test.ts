import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadTokenizer, readJsonFile } from '../../../../src/engine/tokenizers/load.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { smallJson } from '../../../support/tokenizers.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-tokenizer-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'tokenizer.json');
const good = { model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] }, added_tokens: [{ id: 3, content: '<s>', special: true }] };

test('a folder without tokenizer.json says what is missing', () => {
  assert.throws(() => loadTokenizer(folder), { kind: 'not-found', message: /tokenizer\.json/u });
});

test('the template may stand in the config or in a file of its own', () => {
  writeFileSync(path, JSON.stringify(good));
  assert.throws(() => loadTokenizer(folder).chat([], false), { kind: 'unsupported' });
  writeFileSync(join(folder, 'chat_template.jinja'), 'from file {{ bos_token }}');
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>' }));
  assert.equal(loadTokenizer(folder).chat([], false), 'from file <s>');
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ chat_template: [{ name: 'tool_use', template: 'no' }, { name: 'default', template: 'from config' }] }));
  assert.equal(loadTokenizer(folder).chat([], false), 'from config');
});

for (const [what, text] of [
  ['cut off', JSON.stringify(good).slice(0, 40)],
  ['empty', ''], ['null', 'null'], ['without a model', '{"version":"1.0"}'],
  ['without merges', '{"model":{"type":"BPE","vocab":{"a":0}}}'], ['a number', '7'],
] as const) {
  test(`a tokenizer.json that is ${what} is kind bad-file`, () => {
    writeFileSync(path, text);
    assert.throws(() => loadTokenizer(folder), { kind: 'bad-file', message: /tokenizer\.json/u });
  });
}

test('a model of an unknown kind is kind unsupported', () => {
  writeFileSync(path, '{"model":{"type":"Magic","vocab":{"a":0}}}');
  assert.throws(() => loadTokenizer(folder), { kind: 'unsupported', message: /Magic/u });
});

test('a file over the limit is refused before it is read', () => {
  writeFileSync(path, JSON.stringify(good));
  assert.throws(() => readJsonFile(path, 10), { kind: 'bad-file', message: /more than the 10/u });
});

test('a folder where a file should be, and a template that would fill memory, are bad files', (t) => {
  const other = temporaryFolder(t);
  mkdirSync(join(other, 'tokenizer.json'));
  assert.throws(() => loadTokenizer(other), { kind: 'bad-file', message: /tokenizer\.json is no file/u });
  const large = temporaryFolder(t);
  writeFileSync(join(large, 'tokenizer.json'), JSON.stringify(smallJson()));
  writeFileSync(join(large, 'chat_template.jinja'), ' '.repeat((1 << 20) + 1));
  assert.throws(() => loadTokenizer(large), { kind: 'bad-file', message: /chat_template\.jinja has 1048577 bytes/u });
});

test('a junk config is a bad file that is named', (t) => {
  const other = temporaryFolder(t);
  writeFileSync(join(other, 'tokenizer.json'), JSON.stringify(smallJson()));
  for (const text of ['[]', '{"bos_token": 3}', '{"chat_template": [{}]}', '{']) {
    writeFileSync(join(other, 'tokenizer_config.json'), text);
    assert.throws(() => loadTokenizer(other), { kind: 'bad-file', message: /tokenizer_config\.json/u }, text);
  }
});

test('the shipped model\'s folder gives a tokenizer that shows words with their spaces and has no template', () => {
  const tokenizer = loadTokenizer(join(import.meta.dirname, '../../../../resources/tiny-llama'));
  assert.equal(tokenizer.vocab, 4096);
  assert.deepEqual([tokenizer.bosTokenId, tokenizer.eosTokenId, [...tokenizer.specialTokenIds], tokenizer.prependsBos], [0, 0, [0], false]);
  assert.deepEqual([...tokenizer.encode('The dog.<|endoftext|>')].map((id) => tokenizer.display(id)), ['The', ' dog', '.', '<|endoftext|>']);
  assert.throws(() => tokenizer.chat([{ role: 'user', content: 'hi' }], true), { kind: 'unsupported', message: /tokenizer\.json has no chat template/u });
});
