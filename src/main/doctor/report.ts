/** `loupe doctor`: what was found, what was refused and why. */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, projectRoot, readInstalled } from '../../engine/backend/installed.ts';
import type { Installed, MissingPart } from '../../engine/backend/installed.ts';
import { probeBackend } from '../../engine/backend/probe.ts';
import { backendNames } from '../../engine/backend/select.ts';
import type { BackendProbe } from '../../engine/backend/select.ts';
import { defaultWorkspace } from '../workspace/location.ts';
import { findProgram, folderBytes, freeDiskBytes, inspectMachine, isWritable } from './machine.ts';
import type { Machine } from './machine.ts';

export { renderDoctor } from './render.ts';
export { writeBundle } from './bundle.ts';

/** A program or file: where it is, and its version or size. */
export interface Found {
  readonly path: string | null;
  readonly version?: string | undefined;
  readonly bytes?: number | undefined;
}

export interface Place {
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  /** free bytes of its disk, or null where the system does not say */
  readonly freeBytes: number | null;
}

export interface DoctorReport {
  readonly version: string;
  readonly node: { readonly version: string; readonly path: string };
  readonly machine: Machine;
  /** the backend that will be used, or null where none works */
  readonly backend: string | null;
  /** every backend, tried afresh, in order of preference */
  readonly backends: readonly BackendProbe[];
  /** Loupe's own native ops, and the instruction sets they are dispatched to */
  readonly native: { readonly ops: readonly string[]; readonly instructionSets: readonly string[]; readonly addon: string | null };
  readonly tools: { readonly python: Found; readonly compiler: Found; readonly npm: Found };
  readonly electron: Found;
  readonly sampleModel: Found;
  readonly cache: Place & { readonly bytes: number };
  readonly workspace: Place;
  /** what set-up could not install, why, and what would help */
  readonly missing: readonly MissingPart[];
  /** settings by environment variable */
  readonly settings: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;
const run = promisify(execFile);
const settingNames = [
  'LOUPE_BACKEND', 'LOUPE_THREADS', 'LOUPE_CACHE', 'LOUPE_WORKSPACE', 'LOUPE_TENSORFLOW', 'LOUPE_ADDON', 'LOUPE_WHEELS', 'LOUPE_GPU',
];

/** A program's first line on `--version`. */
async function programVersion(path: string | null): Promise<Found> {
  if (path === null) return { path };
  try {
    const { stdout, stderr } = await run(path, ['--version'], { timeout: 10_000 });
    return { path, version: (stdout || stderr).split('\n')[0]?.trim() };
  } catch {
    return { path, version: 'does not run' };
  }
}

/** Electron's binary lies outside the npm package, fetched on first use. */
function findElectron(root: string): Found {
  const folder = join(root, 'node_modules', 'electron', 'dist');
  const names = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' } as Record<string, string>;
  const path = join(folder, names[process.platform] ?? 'electron');
  if (!existsSync(path)) return { path: null };
  const { version } = createRequire(join(root, 'package.json'))('electron/package.json') as { version: string };
  return { path, version };
}

function inspectPlace(path: string): Place {
  return { path, exists: existsSync(path), writable: isWritable(path), freeBytes: freeDiskBytes(path) };
}

function fileFound(path: string | undefined): Found {
  return path === undefined ? { path: null } : { path, bytes: statSync(path).size };
}

async function probeAll(installed: Installed): Promise<BackendProbe[]> {
  return Promise.all(backendNames.map((backend) => probeBackend(backend, installed, { fresh: true })));
}

async function findTools(env: Environment): Promise<DoctorReport['tools']> {
  const compiler = findProgram([...(env['CXX'] ? [env['CXX']] : []), 'g++', 'clang++', 'c++'], env);
  const programs = [findProgram(['python3', 'python'], env), compiler, findProgram(['npm'], env)];
  const [python, cxx, npm] = await Promise.all(programs.map(programVersion));
  return { python: python ?? { path: null }, compiler: cxx ?? { path: null }, npm: npm ?? { path: null } };
}

/**
 * Looks at the machine and tries every backend in a process of its own (a few seconds).
 *
 * @param options.workspace the workspace folder that would be used; the default one otherwise
 */
export async function doctorReport(options: { readonly workspace?: string | undefined; readonly env?: Environment } = {}): Promise<DoctorReport> {
  const env = options.env ?? process.env;
  const root = projectRoot();
  const installed = readInstalled(env);
  const [backends, tools] = await Promise.all([probeAll(installed), findTools(env)]);
  const working = backends.filter((probe) => probe.ok);
  const forced = env['LOUPE_BACKEND'];
  const used = forced ? working.find((probe) => probe.backend === forced) : working[0];
  const tensorflow = backends.find((probe) => probe.backend === 'tensorflow')?.found;
  const { version } = createRequire(import.meta.url)(join(root, 'package.json')) as { version: string };
  return {
    version,
    node: { version: process.version, path: process.execPath },
    machine: inspectMachine(),
    backend: used?.backend ?? null,
    backends,
    native: { ops: tensorflow?.ops ?? [], instructionSets: tensorflow?.instructionSets ?? [], addon: installed.addon ?? null },
    tools,
    electron: findElectron(root),
    sampleModel: fileFound(installed.sampleModel),
    cache: { ...inspectPlace(cacheRoot(env)), bytes: folderBytes(cacheRoot(env)) },
    workspace: inspectPlace(options.workspace ?? defaultWorkspace(env)),
    missing: installed.missing,
    settings: Object.fromEntries(settingNames.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
  };
}
