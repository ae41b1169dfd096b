/** The project's npm packages: `npm ci --ignore-scripts` where the lock file asks for what is not installed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { writeAtomic } from './atomic.mjs';
import { withLock } from './lock.mjs';
import { findOnPath } from './tools.mjs';

const stampOf = (root) => join(root, 'node_modules', '.loupe-lock');
const lockHash = (root) => createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');

function readStamp(root) {
  try {
    return readFileSync(stampOf(root), 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether every package of the lock file is installed in its version, by npm's own record of what it installed.
 * Optional packages may be absent: most are for other platforms.
 * @param {{packages: Record<string, any>}} wanted @param {{packages: Record<string, any>}} installed */
export function agrees(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, { version, optional, link }]) => {
    if (path === '' || link) return true;
    const found = installed.packages[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

function isInstalled(root) {
  if (readStamp(root) === lockHash(root)) return true;
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const installed = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'));
    // `npm install --package-lock-only` adds to npm's record what it never installed: the folders decide.
    return agrees(wanted, installed) && Object.keys(installed.packages).every((path) => existsSync(join(root, path)));
  } catch {
    return false; // npm's record is absent or unreadable: nothing is known to be installed
  }
}

/** npm's program and the Node to run it with: never the pinned Node, which `npm ci` deletes.
 * @param {Record<string, string | undefined>} env @param {string} root */
export function findNpm(env, root) {
  const inModules = (path) => path.startsWith(join(root, 'node_modules') + sep);
  const nodes = [env.npm_node_execpath, process.execPath, findOnPath(['node'], env)];
  const node = nodes.find((path) => path !== undefined && existsSync(path) && !inModules(realpathSync(path)));
  if (node === undefined) return undefined;
  if (env.npm_execpath && existsSync(env.npm_execpath)) return { node, npm: env.npm_execpath };
  const onPath = findOnPath(['npm'], env);
  if (onPath === undefined) return undefined;
  const script = realpathSync(onPath);
  return { node, npm: script.endsWith('.js') ? script : join(dirname(script), 'node_modules', 'npm', 'bin', 'npm-cli.js') };
}

function runNpm({ node, npm }, root) {
  const args = [npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(node, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  return new Promise((settle, reject) => child.on('error', reject).on('close', settle));
}

/** Installs what the lock file names, if it is not there.
 * @param {{root: string, cache: string, reporter: ReturnType<import('./progress.mjs').createReporter>, env?: Record<string, string | undefined>}} options */
export async function ensurePackages({ root, cache, reporter, env = process.env }) {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  await withLock(join(cache, 'locks', `npm-${key}.lock`), async () => {
    if (!isInstalled(root)) {
      const npm = findNpm(env, root);
      if (npm === undefined) throw new Error('npm was not found: install Node.js with npm, then run: npm run setup');
      reporter.line('Installing npm packages (no install scripts are run) ...');
      const status = await runNpm(npm, root);
      if (status !== 0) throw new Error(`npm ci ended with status ${status}; its messages are above`);
    }
    if (readStamp(root) !== lockHash(root)) writeAtomic(stampOf(root), lockHash(root));
  });
}
