/**
 * Dictionaries cross between Loupe and the installed SAELens, dictionary_learning and sparsify, and torch's own loader, in both directions, with equal
 * latents and reconstructions.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { convertDictionary, formatNames } from '../../src/engine/convert/convert.ts';
import { openSafetensors, writeSafetensors } from '../../src/engine/formats/safetensors.ts';
import { Random } from '../../src/engine/random.ts';
import { loadDictionary } from '../../src/engine/sae/load.ts';
import { registry } from '../../src/engine/sae/registry.ts';
import { trainSynthetic } from '../../src/engine/train/synthetic-run.ts';
import { assertComputes, casePath } from '../support/dictionaries.ts';
import { parityPython } from '../support/parity-python.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { quietContext } from '../support/trained.ts';

const script = resolve(import.meta.dirname, 'dictionaries_reference.py');
const python = await parityPython();

function runPython(input: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(python, ['-B', script, ...args], { encoding: 'utf8', input, timeout: 600_000 });
  assert.equal(status, 0, stderr);
}

/** Converts a case to a format beside the inputs that it is to be tried on; the path, or null where the format cannot hold it. */
async function converted(source: string, folder: string, to: string): Promise<string | null> {
  const path = join(folder, to === 'openai' ? '1.pt' : source.includes('embedding') ? 'embedding' : 'layers.3');
  mkdirSync(folder, { recursive: true });
  try {
    const { dIn } = await convertDictionary({ source, destination: path, from: 'auto', to, layout: 'ask' });
    const expected = openSafetensors(join(source.endsWith('.pt') ? dirname(source) : source, 'expected.safetensors'));
    const x = expected.readFloat32('x');
    expected.close();
    writeSafetensors(join(to === 'openai' ? folder : path, 'x.safetensors'), { x: { dtype: 'F32', shape: [x.length / dIn, dIn], data: x } });
    return path;
  } catch (error) {
    assert.equal((error as { kind?: string }).kind, 'unsupported', String(error));
    return null;
  }
}

test('SAELens computes the same as every variant that is saved under an architecture of its own, and refuses the others', async (t) => {
  const root = temporaryFolder(t);
  const rows = 50;
  const asked: { readonly id: string; readonly path: string; readonly x: Float32Array | null }[] = [];
  for (const { id } of registry) {
    const path = join(root, id);
    await trainSynthetic({ variant: id, seed: 0, steps: 20, out: path, overrides: {} }, quietContext(join(root, `${id}-run`)));
    const { d_in: dIn, architecture } = JSON.parse(readFileSync(join(path, 'cfg.json'), 'utf8')) as { d_in: number; architecture: string };
    const x = architecture.startsWith('loupe:') ? null : Random.from(2).normals(rows * dIn, 0.8);
    if (x !== null) writeSafetensors(join(path, 'x.safetensors'), { x: { dtype: 'F32', shape: [rows, dIn], data: x } });
    asked.push({ id, path, x });
  }
  runPython(asked.map(({ path, x }) => `${x === null ? 'refused-by-saelens' : 'saelens'} ${path}\n`).join(''), 'read');
  for (const { path, x } of asked) {
    if (x === null) continue;
    const dictionary = await loadDictionary(path);
    assertComputes(dictionary, path, 'theirs.safetensors', x);
    dictionary.dispose();
  }
  // SAELens' transcoders have ReLU; by default ours choose the k largest
  assert.deepEqual(asked.filter(({ x }) => x === null).map(({ id }) => id), ['switch', 'top-afa', 'itda', 'transcoder', 'skip-transcoder', 'crosscoder']);
});

test('what other programs write is opened here, and what is written here is opened by them', async (t) => {
  const root = temporaryFolder(t);
  const theirs = join(root, 'theirs');
  mkdirSync(theirs);
  runPython('', 'write', theirs, '48', '200', '7');
  const names = readdirSync(theirs);
  assert.equal(names.length, 32);
  const written: { readonly to: string; readonly path: string; readonly source: string }[] = [];
  for (const name of names) {
    const source = casePath(name, theirs);
    const dictionary = await loadDictionary(source);
    assertComputes(dictionary, source);
    dictionary.dispose();
    for (const to of formatNames.filter((format) => format !== 'loupe')) {
      const path = await converted(source, join(root, 'ours', `${name}-${to}`), to);
      if (path !== null) written.push({ to, path, source });
    }
  }
  assert.equal(written.length, 82);
  runPython(written.map(({ to, path }) => `${to} ${path}\n`).join(''), 'read');
  for (const { path, source } of written) {
    const dictionary = await loadDictionary(source);
    const inputs = openSafetensors(join(source.endsWith('.pt') ? dirname(source) : source, 'expected.safetensors'));
    assertComputes(dictionary, path, 'theirs.safetensors', inputs.readFloat32('x'));
    inputs.close();
    dictionary.dispose();
  }
});
