/** The parts of the cache that all workspaces of this machine share: how large they are, what they are for, and which can go. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { cacheRoot } from '../../engine/backend/installed.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CachePart } from '../../shared/schema/disk.ts';
import { sizeOf } from './size.ts';

interface About {
  /** What it is for, and what brings it back. */
  readonly about: string;
  /** Why it stays as long as the program runs. */
  readonly needed?: string;
}

const computing = 'this program computes with it';
const parts: Readonly<Record<string, About>> = {
  downloads: { about: 'Packages of the tensor runtime, as fetched. Set-up fetches them again where needed.' },
  models: { about: 'The sample model. Set-up fetches it again (98 MB).' },
  native: { about: 'Compiled kernels. Set-up compiles them again, in a minute or two.', needed: computing },
  components: { about: 'Optional parts: the sentence encoder, the chess engine, the packager, the Python of the parity tests. Fetched again on use.' },
  probes: { about: 'What was learned about the tensor backends. Learned again at the next start.' },
  bench: { about: 'Catalogs that benchmarks made. Made again on use, in minutes.' },
  data: { about: 'Chess games that were played. Played again by loupe data chess, in minutes to hours.' },
  long: { about: 'Results of the long tests. Without them, all run again.' },
  locks: { about: 'Files that keep two set-ups from doing the same.', needed: 'they hold next to nothing' },
  setup: { about: 'What set-up installed for each checkout. Set-up finds it out again.', needed: 'the next start asks it where everything is' },
};

function aboutPart(name: string): About {
  if (name.startsWith('tensorflow-')) return { about: 'The tensor runtime. Set-up installs it again (800 MB).', needed: computing };
  return parts[name] ?? { about: 'Kept by set-up.', needed: 'this version does not know what it is' };
}

/** Why a part must stay now, or null. `used`: paths that the workspace or a run that is not over works with. */
function heldBy(name: string, path: string, used: readonly string[]): string | null {
  const { needed } = aboutPart(name);
  if (needed !== undefined) return needed;
  return used.some((other) => other === path || other.startsWith(path + sep)) ? 'the workspace or a run uses a file in it' : null;
}

/** The caches hold tens of thousands of files and change at set-up only: measured once in five minutes. */
const keptFor = 5 * 60_000;
let measured: { readonly at: number; readonly sizes: Promise<ReadonlyMap<string, number>> } | null = null;

async function measure(root: string): Promise<ReadonlyMap<string, number>> {
  const folders = (await readdir(root, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return new Map(await Promise.all(folders.map(async ({ name }) => [name, (await sizeOf(join(root, name))).bytes] as const)));
}

/** Sizes in bytes, biggest first; parts that hold nothing are left out. */
export async function cacheParts(used: readonly string[], now: number = Date.now(), root: string = cacheRoot()): Promise<CachePart[]> {
  if (measured === null || now - measured.at > keptFor) measured = { at: now, sizes: measure(root) };
  const found = [...(await measured.sizes)].filter(([, bytes]) => bytes > 0);
  return found.map(([name, bytes]) => ({ name, path: join(root, name), bytes, about: aboutPart(name).about, heldBy: heldBy(name, join(root, name), used) })).sort((a, b) => b.bytes - a.bytes);
}

/**
 * Deletes a part for good; the bytes that it took. It is gone for everybody before its files are deleted one by one.
 * Kinds: not-found, conflict with what needs it.
 */
export async function clearCache(name: string, used: readonly string[], root: string = cacheRoot()): Promise<number> {
  const known = await readdir(root).catch((): string[] => []);
  if (!known.includes(name) || name.startsWith('.')) throw new LoupeError('not-found', `name: the cache has no part "${name}". Measure again.`);
  const path = join(root, name);
  const holder = heldBy(name, path, used);
  if (holder !== null) throw new LoupeError('conflict', `name: "${name}" stays: ${holder}.`);
  const { bytes } = await sizeOf(path);
  const aside = join(root, `.${name}-deleted-${process.pid}-${Date.now()}`);
  await rename(path, aside);
  measured = null;
  await rm(aside, { recursive: true, force: true });
  return bytes;
}
