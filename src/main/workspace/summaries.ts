/** A few facts about each thing for its line in the list, read from small files only. A broken file gives a problem, never an error. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ItemKind } from '../../shared/schema/workspace.ts';
import { exists } from './detect.ts';

export interface Summary {
  readonly facts: [string, string][];
  readonly problem: string | null;
}

type Json = Readonly<Record<string, unknown>>;
const maxJsonBytes = 8 * 2 ** 20;

async function readJson(path: string): Promise<Json> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxJsonBytes) throw new Error(`${path} is larger than ${maxJsonBytes} bytes`);
    const value: unknown = JSON.parse(await file.readFile('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    return value as Json;
  } finally {
    await file.close();
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined);
const count = (value: unknown): string | undefined => (typeof value === 'number' && Number.isFinite(value) ? value.toLocaleString('en-US') : undefined);
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

function facts(...pairs: readonly (readonly [string, string | undefined])[]): [string, string][] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
}

async function model(path: string): Promise<Summary> {
  if ((await stat(path)).isFile()) return { facts: [['Format', 'GGUF']], problem: null };
  if (!(await exists(join(path, 'config.json')))) return unfinishedModel(path);
  const config = await readJson(join(path, 'config.json'));
  // What Loupe trained says its sizes in a part of its own.
  const own = record(config['loupe']);
  const shown = facts(
    ['Family', text(config['model_type'])],
    ['Architecture', text(own['arch'])],
    ['Layers', count(config['num_hidden_layers'] ?? config['n_layer'] ?? own['layers'])],
    ['Width', count(config['hidden_size'] ?? config['n_embd'] ?? own['dModel'])],
    ['Vocabulary', count(config['vocab_size'])],
  );
  return { facts: shown, problem: shown.length === 0 ? 'config.json does not describe a language model' : null };
}

/** The folder of a training that goes on, or was stopped. */
async function unfinishedModel(path: string): Promise<Summary> {
  const config = await readJson(join(path, 'lm-train.json'));
  return { facts: facts(['Architecture', text(config['arch'])], ['Data', text(config['data'])], ['Steps', count(config['steps'])]), problem: 'its training has not ended: resume its run' };
}

async function store(path: string): Promise<Summary> {
  const manifest = await readJson(join(path, 'manifest.json'));
  if (manifest['format'] !== 'loupe-activations') return { facts: [], problem: 'manifest.json is not that of an activation store' };
  const hooks = Array.isArray(manifest['hooks']) ? manifest['hooks'].map((hook) => text(record(hook)['name'])) : [];
  const tokens = Number(manifest['contexts']) * Number(manifest['contextLength']);
  return {
    facts: facts(
      ['Model', text(record(manifest['model'])['name'])], ['Hook', hooks.filter((name) => name !== undefined).join(', ') || undefined],
      ['Tokens', count(tokens)], ['Corpus', text(record(manifest['corpus'])['name'])],
    ),
    problem: manifest['complete'] === true ? null : 'the harvest has not finished: resume its run',
  };
}

/** Of dictionary_learning, whose config.json may be missing, and of Gemma Scope, which has none. */
async function foreignDictionary(path: string): Promise<Summary> {
  const trainer = record((await exists(join(path, 'config.json'))) ? (await readJson(join(path, 'config.json')))['trainer'] : {});
  const shown = facts(
    ['Architecture', text(trainer['dict_class'])], ['Model', text(trainer['lm_name'])], ['Width', count(trainer['activation_dim'])],
    ['Features', count(trainer['dict_size'])], ['k', count(trainer['k'])],
  );
  return { facts: shown, problem: null };
}

async function dictionary(path: string): Promise<Summary> {
  if (!(await exists(join(path, 'cfg.json')))) return foreignDictionary(path);
  const config = await readJson(join(path, 'cfg.json'));
  const metadata = record(config['metadata']);
  const shown = facts(
    ['Architecture', text(config['architecture'])], ['Hook', text(config['hook_name'] ?? metadata['hook_name'])],
    ['Width', count(config['d_in'])], ['Features', count(config['d_sae'] ?? config['num_latents'])], ['k', count(config['k'])],
  );
  return { facts: shown, problem: (config['d_sae'] ?? config['num_latents']) === undefined ? 'cfg.json lacks d_sae: not a dictionary of SAELens or sparsify' : null };
}

/** SQLite's header: magic text, and at byte 68 the application id, "LOUP" in ours. */
async function catalog(path: string): Promise<Summary> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(100);
    const { bytesRead } = await file.read(header, 0, 100, 0);
    const sqlite = bytesRead === 100 && header.toString('latin1', 0, 15) === 'SQLite format 3';
    return { facts: [], problem: sqlite ? null : 'not a catalog: the file is no SQLite database' };
  } finally {
    await file.close();
  }
}

async function corpus(path: string): Promise<Summary> {
  const isFolder = (await stat(path)).isDirectory();
  return { facts: [['Form', isFolder ? 'folder' : path.slice(path.lastIndexOf('.') + 1)]], problem: null };
}

const readers: Readonly<Record<ItemKind, (path: string) => Promise<Summary>>> = { model, corpus, store, dictionary, catalog };

export async function summarise(kind: ItemKind, path: string): Promise<Summary> {
  try {
    return await readers[kind](path);
  } catch (error) {
    return { facts: [], problem: `cannot be read: ${(error as Error).message}` };
  }
}
