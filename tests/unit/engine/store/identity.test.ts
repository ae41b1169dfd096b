import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameModel, unknownModel } from '../../../../src/engine/store/identity.ts';
import type { ModelIdentity, StoreManifest } from '../../../../src/engine/store/types.ts';

const gpt: ModelIdentity = { name: 'gpt2', family: 'gpt2', dModel: 768, layers: 12, hash: 'a'.repeat(64), tokenizerHash: 'x' };
const storeOf = (model: ModelIdentity): { folder: string; manifest: StoreManifest } => ({ folder: 'store', manifest: { model } as StoreManifest });

test('the same weights and tokenizer pass, whatever their name', () => {
  assertSameModel(storeOf(gpt), { ...gpt, name: 'another folder' });
});

test('another model and another tokenizer are refused, naming both', () => {
  const other = { ...gpt, name: 'pythia', hash: 'b'.repeat(64) };
  assert.throws(() => assertSameModel(storeOf(gpt), other), { kind: 'mismatch', message: /come from gpt2 .*the model given is pythia/ });
  assert.throws(() => assertSameModel(storeOf(gpt), { ...gpt, tokenizerHash: 'y' }), { kind: 'mismatch', message: /another tokenizer/ });
});

test('activations of unknown origin are compared by width alone', () => {
  assertSameModel(storeOf(unknownModel(768)), gpt);
  assert.throws(() => assertSameModel(storeOf(unknownModel(512)), gpt), { kind: 'mismatch', message: /width 512/ });
});
