/** Trying a backend in a child process (`native/probe.cjs`). */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic.ts';
import { cacheRoot, projectRoot, readInstalled } from './installed.ts';
import type { Installed } from './installed.ts';
import type { BackendFound, BackendName, BackendProbe } from './select.ts';

/** The longest a probe may take, ms: a cold disk reads 850 MB of libraries. */
const probeTimeoutMs = 120_000;

interface ChildResult {
  /** null where a signal ended it */
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the probe's program. Injected in tests. */
export type RunProbe = (args: readonly string[]) => Promise<ChildResult>;

const runChild: RunProbe = (args) =>
  new Promise((settle) => {
    const program = join(projectRoot(), 'native', 'probe.cjs');
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    execFile(process.execPath, [program, ...args], { env, timeout: probeTimeoutMs }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      settle({ status, signal: error?.signal ?? null, stdout, stderr });
    });
  });

/** Where the addon may be: set-up's, else tfjs-node-gpu's own prebuilt where the user has let it install. */
export function findAddon(installed: Installed, root: string = projectRoot()): string | undefined {
  if (installed.addon !== undefined) return installed.addon;
  const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'lib');
  const versions = [9, 8, 7, 6, 5, 4, 3];
  return versions.map((v) => join(folder, `napi-v${v}`, 'tfjs_binding.node')).find((path) => existsSync(path));
}

/** Why there is no addon: set-up's own words where it left them. */
function absent(installed: Installed): BackendProbe {
  const missing = installed.missing.find((m) => m.part === 'tensorflow' || m.part === 'native' || m.part === 'set-up');
  return {
    backend: 'tensorflow',
    ok: false,
    reason: missing?.reason ?? 'the native addon is not built',
    cure: missing?.cure ?? 'run: npm run setup',
  };
}

type Reply = { readonly ok: true } & BackendFound | { readonly ok: false; readonly reason: string };

/** The last line of the probe's output; libraries may have written lines of their own before. */
function readReply(stdout: string): Reply | undefined {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as Reply;
  } catch {
    return undefined;
  }
}

function success(backend: BackendName, { version, gpu, ops, instructionSets }: BackendFound): BackendProbe {
  const reason = `version ${version}${gpu ? ', GPU' : ''}`;
  return { backend, ok: true, reason, found: { version, gpu, ops, instructionSets } };
}

/** The verdict on a probe that ran. */
export function judge(backend: BackendName, result: ChildResult): BackendProbe {
  const cure = backend === 'tensorflow' ? 'run: npm run setup -- --rebuild' : 'run: npm run setup';
  const reply = readReply(result.stdout);
  if (result.status === 0 && reply?.ok === true) return success(backend, reply);
  if (result.signal !== null) {
    return { backend, ok: false, reason: `its process was ended by ${result.signal}`, cure };
  }
  const firstLine = result.stderr.trim().split('\n')[0] ?? '';
  const said = reply?.ok === false ? reply.reason : firstLine;
  return { backend, ok: false, reason: said || `its process ended with status ${result.status}`, cure };
}

/** A success is remembered for the same files and the same Node until the machine restarts; a failure never is. */
function memoPath(backend: BackendName, addon: string | undefined): string {
  const files = addon === undefined ? [] : [addon, statSync(addon).size, statSync(addon).mtimeMs];
  const boot = '/proc/sys/kernel/random/boot_id';
  const session = existsSync(boot) ? readFileSync(boot, 'utf8').trim() : '';
  const key = JSON.stringify([backend, files, process.execPath, process.version, projectRoot(), session]);
  return join(cacheRoot(), 'probes', `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.json`);
}

function remembered(backend: BackendName, path: string): BackendProbe | undefined {
  try {
    return success(backend, JSON.parse(readFileSync(path, 'utf8')) as BackendFound);
  } catch {
    return undefined;
  }
}

function remember(path: string, found: BackendFound): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeJsonAtomic(path, found);
  } catch {
    // a cache that cannot be written costs the next start a probe
  }
}

/**
 * Tries one backend in a child process; what set-up did not install is refused without one.
 *
 * @param options.fresh try it even where an earlier success is remembered
 * @param options.run what runs the child, in tests
 */
export async function probeBackend(
  backend: BackendName,
  installed: Installed = readInstalled(),
  { run = runChild, fresh = false }: { readonly run?: RunProbe; readonly fresh?: boolean } = {},
): Promise<BackendProbe> {
  const addon = backend === 'tensorflow' ? findAddon(installed) : undefined;
  if (backend === 'tensorflow' && addon === undefined) return absent(installed);
  if (addon !== undefined && !existsSync(addon)) {
    return { backend, ok: false, reason: `the addon ${addon} does not exist`, cure: 'run: npm run setup, or unset LOUPE_ADDON' };
  }
  const memo = run === runChild ? memoPath(backend, addon) : undefined;
  const known = memo === undefined || fresh ? undefined : remembered(backend, memo);
  if (known !== undefined) return known;
  const verdict = judge(backend, await run(addon === undefined ? [backend] : [backend, addon]));
  if (verdict.found !== undefined && memo !== undefined) remember(memo, verdict.found);
  return verdict;
}
