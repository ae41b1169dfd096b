/** Dictionaries cross between Loupe and the installed SAELens in both directions, with equal latents and reconstructions. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { openSafetensors, writeSafetensors } from '../../src/engine/formats/safetensors.ts';
import { Random } from '../../src/engine/random.ts';
import { denseLatents } from '../../src/engine/sae/inference.ts';
import { loadDictionary } from '../../src/engine/sae/load.ts';
import { defaultSyn, SynSource } from '../../src/engine/sae/synthetic/source.ts';
import { trainFrom } from '../../src/engine/train/job.ts';
import { assertClose } from '../support/closeness.ts';
import { parityPython } from '../support/parity-python.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { quietContext, smallConfig } from '../support/trained.ts';

const tolerance = 1e-5;
const script = resolve(import.meta.dirname, 'sae_lens_reference.py');
const python = await parityPython();

function runPython(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(python, [script, ...args], { encoding: 'utf8', timeout: 300_000 });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('SAELens loads a dictionary that was trained here and computes the same', async (t) => {
  const folder = temporaryFolder(t);
  const out = join(folder, 'dictionary');
  await trainFrom(new SynSource(defaultSyn, 1), smallConfig(out), quietContext(folder));
  const rows = 50;
  const x = Random.from(2).normals(rows * defaultSyn.d, 0.8);
  writeSafetensors(join(out, 'x.safetensors'), { x: { dtype: 'F32', shape: [rows, defaultSyn.d], data: x } });
  const about = runPython('read', out).trim().split('\n').at(-1)!;
  assert.deepEqual(JSON.parse(about), { architecture: 'topk', k: 3 });
  const dictionary = await loadDictionary(out);
  const theirs = openSafetensors(join(out, 'sae_lens.safetensors'));
  assertClose(denseLatents(dictionary.encode(x, rows), dictionary.dSae), theirs.readFloat32('latents'), tolerance, 'latents');
  assertClose(dictionary.reconstruct(x, rows), theirs.readFloat32('y'), tolerance, 'reconstruction');
  theirs.close();
  dictionary.dispose();
});

test('dictionaries that SAELens saves are loaded here and compute the same', async (t) => {
  const folder = temporaryFolder(t);
  runPython('write', folder, '48', '200', '7');
  const names = readdirSync(folder);
  assert.equal(names.length, 6);
  for (const name of names) {
    const dictionary = await loadDictionary(join(folder, name));
    const expected = openSafetensors(join(folder, name, 'expected.safetensors'));
    const x = expected.readFloat32('x');
    assertClose(denseLatents(dictionary.encode(x, 20), 200), expected.readFloat32('latents'), tolerance, `${name}: latents`);
    assertClose(dictionary.reconstruct(x, 20), expected.readFloat32('y'), tolerance, `${name}: reconstruction`);
    expected.close();
    dictionary.dispose();
  }
});
