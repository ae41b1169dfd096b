import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDomains, domainTokens } from '../../../../../src/engine/lm/experts/domain-tokens.ts';
import { decodeBytes, encodeBytes } from '../../../../../src/engine/lm/training/byte-tokenizer.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const bytes = { encode: encodeBytes, eosTokenId: 256, bosTokenId: null };

test('documents of a corpus of the user\'s own are taken in turn, with the token between documents behind each', async (t) => {
  const corpus = join(temporaryFolder(t), 'a.txt');
  writeFileSync(corpus, 'one\n\ntwo\n\nthree\n\nfour');
  const read = async (part: 'attribute' | 'test', limit = 100): Promise<string> => decodeBytes(await domainTokens(bytes, { name: 'own', corpus }, part, limit));
  assert.equal(await read('attribute'), 'one\nthree\n');
  assert.equal(await read('test'), 'two\nfour\n');
  assert.equal(await read('test', 5), 'two\nf');
});

test('a built-in domain gives other text to attribute by than to measure on', async () => {
  const [attribute, held] = await Promise.all((['attribute', 'test'] as const).map((part) => domainTokens(bytes, { name: 'digits', corpus: null }, part, 500)));
  assert.equal(attribute!.length, 500);
  assert.notDeepEqual(attribute, held);
  assert.match(decodeBytes(held!), /^[\d+*=\- \n]+$/u);
});

test('unknown domains, texts too short and names that come twice are refused', async (t) => {
  await assert.rejects(domainTokens(bytes, { name: 'digit', corpus: null }, 'test', 10), { kind: 'bad-request', message: /did you mean digits\?/u });
  const corpus = join(temporaryFolder(t), 'a.txt');
  writeFileSync(corpus, 'only one document');
  await assert.rejects(domainTokens(bytes, { name: 'own', corpus }, 'test', 10), { kind: 'bad-request', message: /own has 0 tokens to measure on/u });
  assert.throws(() => checkDomains([{ name: 'a', corpus: null }]), { kind: 'bad-request', message: /give two or more/u });
  assert.throws(() => checkDomains([{ name: 'a', corpus: null }, { name: 'a', corpus }]), { kind: 'bad-request', message: /"a" is there twice/u });
});
