/** Models that are on this machine already: the sample, and those in other programs' folders. They are offered, never copied. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { FoundModel } from '../../shared/schema/workspace.ts';
import { cacheRoot, readInstalled } from '../backend/installed.ts';
import { entryPath } from '../entry.ts';
import { openModel } from './open.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Origin = FoundModel['origin'];

interface Candidate {
  readonly path: string;
  readonly name: string;
  readonly origin: Origin;
}

/** Other programs' folders can be large: what lies deeper or behind so many entries is not looked for. */
const maxCandidates = 200;
const maxDepth = 4;

const sampleFile = 'SmolLM2-135M-Instruct.Q4_1.gguf';

/** The sample model that set-up unpacked, or null. */
export function sampleModelPath(env: Environment = process.env): string | null {
  const path = readInstalled(env).sampleModel ?? join(cacheRoot(env), 'models', sampleFile);
  return existsSync(path) ? path : null;
}

function entries(folder: string): { readonly name: string; readonly folder: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, folder: entry.isDirectory() || (entry.isSymbolicLink() && statSync(join(folder, entry.name)).isDirectory()) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

const foldersIn = (folder: string): string[] => entries(folder).filter((entry) => entry.folder).map((entry) => entry.name);

/** `models--org--name/snapshots/<commit>` of the hub cache: the newest snapshot that holds weights. */
function* huggingFace(env: Environment, home: string): Generator<Candidate> {
  const root = env['HF_HUB_CACHE'] ?? join(env['HF_HOME'] ?? join(home, '.cache', 'huggingface'), 'hub');
  for (const repository of foldersIn(root).filter((name) => name.startsWith('models--'))) {
    const snapshots = foldersIn(join(root, repository, 'snapshots')).map((name) => join(root, repository, 'snapshots', name));
    const whole = snapshots.filter((folder) => entries(folder).some(({ name }) => name.endsWith('.safetensors')) && existsSync(join(folder, 'config.json')));
    const newest = whole.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    if (newest !== undefined) yield { path: newest, name: repository.slice('models--'.length).replaceAll('--', '/'), origin: 'hugging-face' };
  }
}

function* ggufsBelow(folder: string, origin: Origin, depth = 0): Generator<Candidate> {
  for (const { name, folder: isFolder } of entries(folder)) {
    const path = join(folder, name);
    if (isFolder && depth < maxDepth) yield* ggufsBelow(path, origin, depth + 1);
    else if (!isFolder && name.endsWith('.gguf') && !name.startsWith('mmproj')) yield { path, name: basename(name, '.gguf'), origin };
  }
}

function* lmStudio(env: Environment, home: string): Generator<Candidate> {
  for (const root of [env['LMSTUDIO_MODELS'], join(home, '.lmstudio', 'models'), join(home, '.cache', 'lm-studio', 'models')]) {
    if (root !== undefined) yield* ggufsBelow(root, 'lm-studio');
  }
}

const manifestSchema = z.looseObject({ layers: z.array(z.looseObject({ mediaType: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/u) })) });

/** The weights' blob that an Ollama manifest names, or null. */
function ollamaBlob(root: string, manifest: string): string | null {
  try {
    const parsed = manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    const layer = parsed.layers.find(({ mediaType }) => mediaType === 'application/vnd.ollama.image.model');
    const path = layer === undefined ? null : join(root, 'blobs', layer.digest.replace(':', '-'));
    return path !== null && existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

function* manifestsBelow(folder: string, parts: readonly string[] = []): Generator<{ readonly path: string; readonly parts: readonly string[] }> {
  for (const { name, folder: isFolder } of entries(folder)) {
    if (!isFolder) yield { path: join(folder, name), parts: [...parts, name] };
    else if (parts.length < maxDepth) yield* manifestsBelow(join(folder, name), [...parts, name]);
  }
}

/** `manifests/<host>/<namespace>/<name>/<tag>`; the namespace "library" is left out of names, as Ollama does. */
function* ollama(env: Environment, home: string): Generator<Candidate> {
  const root = env['OLLAMA_MODELS'] ?? join(home, '.ollama', 'models');
  for (const { path, parts } of manifestsBelow(join(root, 'manifests'))) {
    const [namespace, name, tag] = parts.slice(-3);
    const blob = ollamaBlob(root, path);
    if (blob !== null && tag !== undefined) yield { path: blob, name: `${namespace === 'library' ? '' : `${namespace}/`}${name}:${tag}`, origin: 'ollama' };
  }
}

function bytesOf(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return entries(path).filter(({ name }) => name.endsWith('.safetensors')).reduce((sum, { name }) => sum + statSync(join(path, name)).size, 0);
}

/** Why Loupe cannot use the model, or null. Nothing but its description is read. */
function problemOf(path: string): string | null {
  try {
    openModel(path);
    return null;
  } catch (error) {
    return error instanceof LoupeError ? error.message : String(error);
  }
}

/** Models that the project trained and that come along: a folder each. */
function* comeAlong(folder: string): Generator<Candidate> {
  for (const name of foldersIn(folder)) if (existsSync(join(folder, name, 'config.json'))) yield { path: join(folder, name), name, origin: 'loupe' };
}

/** Models found on this machine, the sample first, then those that come along (in `samples`), each path once; what Loupe cannot use is listed with its reason. */
export function findModels(env: Environment = process.env, home: string = homedir(), samples: string = join(entryPath('resources'), 'models')): FoundModel[] {
  const found = new Map<string, FoundModel>();
  const offer = ({ path, name, origin }: Candidate): void => {
    if (!found.has(path)) found.set(path, { path, name, origin, bytes: bytesOf(path), problem: problemOf(path) });
  };
  const sample = sampleModelPath(env);
  if (sample !== null) offer({ path: sample, name: basename(sample, '.gguf'), origin: 'sample' });
  for (const source of [() => comeAlong(samples), huggingFace, lmStudio, ollama]) {
    for (const candidate of source(env, home)) {
      if (found.size >= maxCandidates) return [...found.values()];
      offer(candidate);
    }
  }
  return [...found.values()];
}
