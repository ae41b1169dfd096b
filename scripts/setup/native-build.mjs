/**
 * Builds the native addon: tfjs-node-gpu's own binding sources and Loupe's kernels (native/src) as one shared library
 * against the TensorFlow runtime. Objects are cached by what they were made of, so one changed file recompiles alone.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { basename, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { folderAtomic, writeAtomic } from './atomic.mjs';

const run = promisify(execFile);
const sha = (data) => createHash('sha256').update(data).digest('hex');
const largestOutput = 16 * 1024 * 1024;

/** Flags by the file's suffix: `x.avx512.cc` is compiled for that instruction set and reached by run-time dispatch. Of a set that the
 * compiler does not know, the file makes an empty table, which is never chosen. */
const isaFlags = {
  avx2: ['-mavx2', '-mfma', '-mf16c'],
  avx512: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx2', '-mfma', '-mf16c'],
  avx512vnni: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx512vnni', '-mavx2', '-mfma', '-mf16c'],
  avx512bf16: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx512bf16', '-mavx2', '-mfma', '-mf16c'],
  amx: ['-mavx512f', '-mavx2', '-mfma', '-mf16c', '-mamx-tile', '-mamx-bf16', '-mamx-int8'],
};

/** @typedef {{compiler: string, root: string, cache: string, tensorflow: {libraries: string[], include: string, id: string},
 *   jobs?: number, log?: (line: string) => void}} BuildOptions */

/** All C++ sources below a folder, sorted. */
function sourcesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourcesBelow(path);
      return entry.name.endsWith('.cc') ? [path] : [];
    })
    .sort();
}

/** The shared libraries that are built, and the files that go into each. @param {string} root */
export function addonSources(root) {
  const binding = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'binding');
  return {
    loupe_quiet: sourcesBelow(join(root, 'native', 'quiet')),
    loupe_prelude: sourcesBelow(join(root, 'native', 'prelude')),
    loupe_native: [...sourcesBelow(binding), ...sourcesBelow(join(root, 'native', 'src'))],
  };
}

/** The instruction-set suffix of a source file, if it has one. @param {string} source */
export function isaOf(source) {
  const parts = basename(source).split('.');
  return parts.length > 2 ? parts[parts.length - 2] : undefined;
}

function compileFlags(options, source) {
  const isa = isaOf(source);
  if (isa !== undefined && !(isa in isaFlags)) {
    throw new Error(`${source}: unknown instruction set "${isa}" in the file name; use ${Object.keys(isaFlags).join(', ')}`);
  }
  const isOurs = !source.includes(`${sep}node_modules${sep}`);
  return [
    '-std=c++17', '-O3', '-fPIC', '-DNAPI_VERSION=8', '-fno-math-errno', '-fno-trapping-math',
    ...(isOurs ? ['-Wall', '-Wno-unused-parameter', '-fvisibility=hidden'] : ['-w']),
    ...(isa === undefined || process.arch !== 'x64' || options.unknownIsas.includes(isa) ? [] : isaFlags[isa]),
    '-isystem', options.tensorflow.include,
    '-I', join(options.root, 'node_modules', 'node-api-headers', 'include'),
    '-I', join(options.root, 'native', 'src'),
  ];
}

/** The instruction sets whose flags the compiler refuses. @param {string} compiler @returns {Promise<string[]>} */
export async function unknownIsas(compiler) {
  if (process.arch !== 'x64') return [];
  const refused = await Promise.all(Object.entries(isaFlags).map(async ([isa, flags]) => {
    const known = await run(compiler, [...flags, '-E', '-x', 'c++', devNull]).then(() => true, () => false);
    return known ? [] : [isa];
  }));
  return refused.flat();
}

/** The files a dependency listing of the compiler names, without the runtime's and the system's headers. */
function ownDependencies(listing, root) {
  const body = listing.slice(listing.indexOf(':') + 1).replace(/\\\r?\n/g, ' ');
  const files = body.split(/(?<!\\)\s+/).filter(Boolean).map((file) => resolve(file.replace(/\\ /g, ' ')));
  return [...new Set(files)].filter((file) => file.startsWith(root + sep));
}

function hashFiles(files) {
  return Object.fromEntries(files.map((file) => [file, existsSync(file) ? sha(readFileSync(file)) : 'absent']));
}

/** The cached object for a key, if what it was made of is unchanged. */
function cachedObject(objectPath) {
  try {
    const record = JSON.parse(readFileSync(`${objectPath}.json`, 'utf8'));
    const now = hashFiles(Object.keys(record.files));
    const same = Object.entries(record.files).every(([file, hash]) => now[file] === hash);
    return same && existsSync(objectPath) ? record.id : undefined;
  } catch {
    return undefined;
  }
}

async function compileOne(options, identity, source) {
  const flags = compileFlags(options, source);
  const key = sha(JSON.stringify([identity, relative(options.root, source), options.root, flags])).slice(0, 24);
  const objectPath = join(options.cache, 'native', 'objects', `${key}.o`);
  const cached = cachedObject(objectPath);
  if (cached !== undefined) return { objectPath, id: cached, compiled: false, source };
  const aside = `${objectPath}.${process.pid}.part.o`;
  const started = Date.now();
  try {
    await run(options.compiler, [...flags, '-MD', '-MF', `${aside}.d`, '-c', source, '-o', aside], { maxBuffer: largestOutput });
  } catch (error) {
    rmSync(aside, { force: true });
    throw new Error(`could not compile ${relative(options.root, source)}:\n${error.stderr || error.message}`);
  }
  const dependencies = ownDependencies(readFileSync(`${aside}.d`, 'utf8'), options.root);
  const files = hashFiles(dependencies);
  const id = sha(readFileSync(aside));
  rmSync(`${aside}.d`);
  renameSync(aside, objectPath);
  // what was edited while the compiler read it is not what these hashes say
  const steady = dependencies.every((file) => existsSync(file) && statSync(file).mtimeMs < started);
  if (steady) writeAtomic(`${objectPath}.json`, JSON.stringify({ id, files }));
  else rmSync(`${objectPath}.json`, { force: true });
  return { objectPath, id, compiled: true, source };
}

async function compileAll(options, identity, sources) {
  const queue = sources.entries();
  const objects = new Array(sources.length);
  let done = 0;
  const work = async () => {
    for (const [index, source] of queue) {
      objects[index] = await compileOne(options, identity, source);
      done += 1;
      if (objects[index].compiled) options.log?.(`compiled ${relative(options.root, source)} (${done} of ${sources.length})`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs ?? 2 }, work));
  return objects;
}

function linkFlags(options, library) {
  const [core, framework] = options.tensorflow.libraries;
  const folder = resolve(core, '..');
  const libraries = { loupe_quiet: [], loupe_prelude: [framework], loupe_native: [core, framework] }[library];
  if (process.platform === 'darwin') return [...libraries, '-undefined', 'dynamic_lookup', `-Wl,-rpath,${folder}`];
  // nodelete: a kernel registered with the runtime must stay mapped for the life of the process.
  return [...libraries, `-Wl,-rpath,${folder}`, '-Wl,-z,nodelete', '-Wl,-z,now', '-Wl,--gc-sections'];
}

async function link(options, library, objects, folder) {
  const output = join(folder, `${library}.node`);
  const flags = linkFlags(options, library);
  try {
    await run(options.compiler, ['-shared', '-o', output, ...objects.map((o) => o.objectPath), ...flags], { maxBuffer: largestOutput });
  } catch (error) {
    throw new Error(`could not link ${library}:\n${error.stderr || error.message}`);
  }
}

/** Old addons are removed, but for the newest few: other checkouts and running processes may use them. */
function sweep(folder, keep = 6) {
  const addons = readdirSync(folder)
    .filter((name) => name.startsWith('addon-') && !name.includes('.part'))
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of addons.slice(keep)) rmSync(path, { recursive: true, force: true });
}

/** Builds the addon where something changed. `path` is the addon proper; the other two lie beside it.
 * @param {BuildOptions} asked @returns {Promise<{path: string, compiled: number, linked: boolean}>} */
export async function buildNative(asked) {
  const options = { ...asked, unknownIsas: await unknownIsas(asked.compiler) };
  const folder = join(options.cache, 'native');
  mkdirSync(join(folder, 'objects'), { recursive: true });
  const { stdout } = await run(options.compiler, ['--version']);
  const identity = [stdout.split('\n')[0], options.tensorflow.id, process.arch];
  const sources = addonSources(options.root);
  const objects = await compileAll(options, identity, Object.values(sources).flat());
  const id = sha(JSON.stringify([objects.map((object) => object.id), options.tensorflow.libraries])).slice(0, 16);
  const target = join(folder, `addon-${id}`);
  const compiled = objects.filter((object) => object.compiled).length;
  const path = join(target, 'loupe_native.node');
  if (existsSync(path)) return { path, compiled, linked: false };
  await folderAtomic(target, async (aside) => {
    mkdirSync(aside);
    for (const [library, files] of Object.entries(sources)) {
      await link(options, library, objects.filter((object) => files.includes(object.source)), aside);
    }
  });
  sweep(folder);
  return { path, compiled, linked: true };
}
