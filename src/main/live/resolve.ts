/**
 * Finds the model and the dictionary of a catalog's source on this machine: where they were last, in the workspace, among the models of
 * other programs. A path never comes from a catalog, and what is found has the hash that the catalog names.
 */
import { basename } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { LiveTarget } from '../../shared/schema/live.ts';
import type { EngineSupervisor } from '../engine/supervisor.ts';
import { scanWorkspace } from '../workspace/scan.ts';
import { chosenPath, rememberPath, type Wanted } from './choices.ts';
import type { WantedParts } from './wanted.ts';

export interface Finder {
  readonly workspace: string;
  readonly engine: Pick<EngineSupervisor, 'request'>;
}

interface Found {
  readonly path: string | null;
  readonly tried: number;
}

/** Dictionaries without a check triple must be loaded to be known: not more of them than this. */
const mostCandidates = 50;

const short = (hash: string): string => hash.slice(0, 12);

async function modelPaths({ workspace, engine }: Finder, name: string): Promise<string[]> {
  const [{ items }, { models }] = await Promise.all([scanWorkspace(workspace), engine.request('findModels', {})]);
  const own = items.filter((item) => item.kind === 'model' && item.problem === null).map((item) => ({ path: item.path, name: item.name }));
  const all = [...own, ...models.filter((model) => model.problem === null)];
  const isNamed = (one: { readonly path: string; readonly name: string }): boolean => one.name === name || basename(one.path) === name || basename(one.path) === `${name}.gguf`;
  return [...new Set([...all.filter(isNamed), ...all].map(({ path }) => path))];
}

async function dictionaryPaths({ workspace }: Finder, name: string): Promise<string[]> {
  const { items } = await scanWorkspace(workspace);
  const all = items.filter((item) => item.kind === 'dictionary' && item.problem === null);
  return [...new Set([...all.filter((item) => item.name === name), ...all].map(({ path }) => path))];
}

async function matches({ engine }: Finder, kind: Wanted, path: string, { model, dictionary }: WantedParts): Promise<boolean> {
  if (kind === 'model') return (await engine.request('liveIsModel', { path, hash: model.hash, dModel: model.dModel, layers: model.layers })).matches;
  return (await engine.request('liveIsDictionary', { path, hash: dictionary.hash ?? '', check: dictionary.check })).matches;
}

/** What was remembered is tried first: it is checked again, because another file may lie there now. */
async function find(finder: Finder, kind: Wanted, wanted: WantedParts): Promise<Found> {
  const { name, hash } = wanted[kind];
  if (hash === null || hash === '') return { path: null, tried: 0 };
  const remembered = chosenPath(finder.workspace, kind, hash);
  if (remembered !== null && (await matches(finder, kind, remembered, wanted))) return { path: remembered, tried: 1 };
  const paths = (await (kind === 'model' ? modelPaths(finder, name) : dictionaryPaths(finder, name))).slice(0, mostCandidates);
  for (const path of paths) {
    if (!(await matches(finder, kind, path, wanted))) continue;
    rememberPath(finder.workspace, kind, hash, path);
    return { path, tried: paths.length };
  }
  return { path: null, tried: paths.length };
}

function missingWords(kind: Wanted, name: string, hash: string | null, { path, tried }: Found): string[] {
  if (path !== null) return [];
  if (hash === null || hash === '') return [`This catalog does not say which ${kind} ${name} is (no hash), so it cannot be run live.`];
  const looked = tried === 0 ? 'there is none in the workspace' : `${tried} ${tried === 1 ? 'was' : 'were'} looked at`;
  return [`The ${kind} ${name} (hash ${short(hash)}) was not found: ${looked}. Say where it lies, or add it to the workspace.`];
}

/** Where the model lies that a dictionary names, or null. */
export async function findModel(finder: Finder, { name, hash }: { readonly name: string; readonly hash: string }): Promise<string | null> {
  const parts: WantedParts = { model: { name, hash, dModel: null, layers: null }, dictionary: { name: '', hash: null, check: null }, hook: '', isolate: false };
  return (await find(finder, 'model', parts)).path;
}

/** Looks for both. Kinds: those of the engine (engine-lost, out-of-memory). */
export async function resolveTarget(finder: Finder, wanted: WantedParts): Promise<LiveTarget> {
  const model = await find(finder, 'model', wanted);
  const dictionary = await find(finder, 'dictionary', wanted);
  const problems = [...missingWords('model', wanted.model.name, wanted.model.hash, model), ...missingWords('dictionary', wanted.dictionary.name, wanted.dictionary.hash, dictionary)];
  return {
    hook: wanted.hook,
    model: { name: wanted.model.name, hash: wanted.model.hash, ...model },
    dictionary: { name: wanted.dictionary.name, hash: wanted.dictionary.hash, ...dictionary },
    problem: problems.length === 0 ? null : problems.join(' '),
  };
}

/** The user says where one lies. Kind mismatch when something else lies there; it is remembered otherwise. */
export async function chooseTarget(finder: Finder, wanted: WantedParts, kind: Wanted, path: string): Promise<void> {
  const { name, hash } = wanted[kind];
  if (hash === null || hash === '') throw new LoupeError('unsupported', `the catalog does not say which ${kind} it was made with: what lies at ${path} cannot be checked.`);
  if (!(await matches(finder, kind, path, wanted))) {
    throw new LoupeError('mismatch', `${path} is not the ${kind} ${name} with the hash ${short(hash)} that this catalog was made with. Choose the same file; another quantisation is another model.`);
  }
  rememberPath(finder.workspace, kind, hash, path);
}
