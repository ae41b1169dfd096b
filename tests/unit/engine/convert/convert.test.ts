import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { convertDictionary, formatNames } from '../../../../src/engine/convert/convert.ts';
import type { ConvertRequest, ConvertResult } from '../../../../src/engine/convert/convert.ts';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { sparsify } from '../../../../src/engine/convert/sparsify.ts';
import { openSafetensors, writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { transpose } from '../../../../src/engine/sae/weights.ts';
import { assertComputes, casePath, dictionaryFixtures, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

function convert(source: string, destination: string, to: string, more: Partial<ConvertRequest> = {}): Promise<ConvertResult> {
  return convertDictionary({ source, destination, to, from: 'auto', layout: 'ask', ...more });
}

/** Where a case goes in a format: Gemma Scope's embeddings are told by the name of their folder. */
function destination(t: TestContext, name: string, to: string): string {
  return join(temporaryFolder(t), to === 'openai' ? '1.pt' : name.includes('embedding') ? 'embedding' : 'd');
}

test('every dictionary, in every format that can hold it, still computes what its own program computed', async (t) => {
  const held: Record<string, number> = {};
  for (const name of readdirSync(dictionaryFixtures)) {
    for (const to of formatNames) {
      const place = destination(t, name, to);
      try {
        const { difference } = await convert(casePath(name), place, to);
        assert.ok(difference.latents < 1e-6 && difference.reconstruction < 1e-6, `${name} to ${to}: ${JSON.stringify(difference)}`);
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, 'unsupported', `${name} to ${to}: ${String(error)}`);
        assert.deepEqual(readdirSync(dirname(place)), []);
        continue;
      }
      held[to] = (held[to] ?? 0) + 1;
      const dictionary = await loadDictionary(place);
      const expected = openSafetensors(join(casePath(name).replace(/[/\\]8\.pt$/, ''), 'expected.safetensors'));
      assertComputes(dictionary, casePath(name), 'expected.safetensors', expected.readFloat32('x'));
      expected.close();
      dictionary.dispose();
    }
  }
  // of 32: everything is a dictionary of Loupe; two skip connections with TopK are none of SAELens
  assert.deepEqual(held, { loupe: 32, saelens: 30, 'dictionary-learning': 23, sparsify: 7, openai: 6, 'gemma-scope': 15, 'crosscoder-repo': 1 });
});

test('where a dictionary came from travels with it', async (t) => {
  const folder = temporaryFolder(t);
  await convert(casePath('dictionary-learning-topk'), join(folder, 'a'), 'sparsify');
  await convert(join(folder, 'a'), join(folder, 'b'), 'saelens');
  const { config, hookPoint, check } = (await loaded(join(folder, 'b'))).provenance;
  assert.deepEqual([config['convertedFrom'], hookPoint], [{ format: 'sparsify', name: 'a', writer: 'Loupe dictionary_learning' }, 'blocks.3.hook_resid_post']);
  assert.equal(check.x, (await loaded(join(folder, 'a'))).provenance.check.x);
  const config6 = JSON.parse(readFileSync(join(folder, 'b', 'cfg.json'), 'utf8')) as { metadata: { hook_name: string; context_size: number } };
  assert.deepEqual([config6.metadata.hook_name, config6.metadata.context_size], ['blocks.3.hook_resid_post', 64]);
});

async function loaded(path: string): Promise<Awaited<ReturnType<typeof loadDictionary>>> {
  const dictionary = await loadDictionary(path);
  dictionary.dispose();
  return dictionary;
}

/** Turns W_dec of a square sparsify dictionary. */
function turnDecoder(folder: string, size: number): void {
  const path = join(folder, 'sae.safetensors');
  const file = openSafetensors(path);
  const tensors = Object.fromEntries([...file.entries].map(([name, { shape }]) => [name, { dtype: 'F32' as const, shape: [...shape], data: file.readFloat32(name) }]));
  file.close();
  writeSafetensors(path, { ...tensors, W_dec: { ...tensors['W_dec']!, data: transpose(tensors['W_dec']!.data, size, size) } });
}

test('a square decoder that lies transposed is caught by the stored check; without one, the layout is asked for', async (t) => {
  const folder = temporaryFolder(t);
  const [plain, checked] = [join(folder, 'plain'), join(folder, 'checked')];
  cpSync(casePath('sparsify-topk'), plain, { recursive: true });
  const weights = someWeights({ kind: 'topk', k: 3 }, { dIn: 8, dSae: 8 });
  sparsify.write(plain, { weights, about: unknownAbout, notes: [] }, plain);
  await assert.rejects(convert(plain, join(folder, 'x'), 'saelens'), { kind: 'bad-request', message: /as many latents as dimensions \(8\).*--layout/ });
  await assert.rejects(loadDictionary(plain), { kind: 'bad-request' });
  await convert(plain, checked, 'sparsify', { layout: 'documented' });
  // now it has a check, and is believed
  await convert(checked, join(folder, 'good'), 'saelens');
  turnDecoder(checked, 8);
  await assert.rejects(convert(checked, join(folder, 'bad'), 'saelens'), { kind: 'mismatch', message: /checked: the weights.*transposed/ });
  await assert.rejects(loadDictionary(checked), { kind: 'mismatch' });
  await convert(checked, join(folder, 'turned'), 'saelens', { layout: 'decoder-transposed' });
  assert.deepEqual(readdirSync(folder).sort(), ['checked', 'good', 'plain', 'turned']);
  turnDecoder(plain, 8);
  await convert(plain, join(folder, 'again'), 'saelens', { layout: 'decoder-transposed' });
  const good = await loaded(join(folder, 'good'));
  assert.deepEqual((await loaded(join(folder, 'again'))).wDec, good.wDec);
});

test('a dictionary of Loupe\'s own form goes out as what it computes', async (t) => {
  const folder = temporaryFolder(t);
  await convert(casePath('crosscoder-repo-relu'), join(folder, 'own'), 'loupe');
  const config = JSON.parse(readFileSync(join(folder, 'own', 'cfg.json'), 'utf8')) as { architecture: string; sources: number };
  assert.deepEqual([config.architecture, config.sources], ['loupe:crosscoder', 2]);
  const back = await convert(join(folder, 'own'), join(folder, 'back'), 'crosscoder-repo', { from: 'loupe' });
  assert.deepEqual([back.from, back.dIn, back.difference.reconstruction], ['loupe', 12, 0]);
});

test('requests that cannot be met are refused by the argument\'s name, and leave nothing behind', async (t) => {
  const folder = temporaryFolder(t);
  const source = casePath('sparsify-topk');
  await assert.rejects(convert(source, join(folder, 'x'), 'sealens'), { kind: 'bad-request', message: /--to: there is no format "sealens"; did you mean saelens/ });
  await assert.rejects(convert(source, join(folder, 'x'), 'saelens', { from: 'gema-scope' }), { kind: 'bad-request', message: /--from: .*did you mean gemma-scope/ });
  await assert.rejects(convert(source, join(folder, 'x'), 'saelens', { from: 'loupe' }), { kind: 'not-found', message: /no loupe\.json/ });
  await assert.rejects(convert(source, join(folder, 'x'), 'saelens', { from: 'openai' }), { kind: 'bad-file', message: /is a folder/ });
  await assert.rejects(convert(join(folder, 'none'), join(folder, 'x'), 'saelens'), { kind: 'not-found' });
  await assert.rejects(convert(source, folder, 'saelens'), { kind: 'conflict', message: /exists already/ });
  const broken = join(folder, 'broken');
  cpSync(source, broken, { recursive: true });
  writeFileSync(join(broken, 'sae.safetensors'), 'x');
  await assert.rejects(convert(broken, join(folder, 'x'), 'saelens'), { kind: 'bad-file' });
  rmSync(broken, { recursive: true });
  assert.deepEqual(readdirSync(folder), []);
});
