/**
 * Components: heavy optional parts, installed into their own folder of the cache on first use.
 *
 *   node scripts/components.mjs parity-venv        installs it where needed and prints its Python's path
 *   node scripts/components.mjs sentence-encoder   and its folder
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeAtomic } from './setup/atomic.mjs';
import { withLock } from './setup/lock.mjs';
import { cacheRoot, projectRoot } from './setup/paths.mjs';
import { DownloadError } from './setup/download.mjs';
import { createReporter } from './setup/progress.mjs';
import { ensureSentenceEncoder } from './setup/sentence-encoder.mjs';
import { findNpm } from './setup/npm.mjs';
import { findPython } from './setup/tools.mjs';

/** A component that cannot be installed here, and what would help. */
export class MissingComponentError extends Error {
  constructor(component, reason, cure) {
    super(`${component}: ${reason}; ${cure}`);
    this.reason = reason;
    this.cure = cure;
  }
}

/** Steps of a requirements file: a line `# step: NAME [pip options]` begins one; the lines below it are its packages.
 * @param {string} text @returns {{name: string, options: string[], packages: string[]}[]} */
export function parseSteps(text) {
  const steps = [];
  for (const raw of text.split('\n')) {
    const header = /^#\s*step:\s*(\S+)\s*(.*)$/.exec(raw.trim());
    if (header) steps.push({ name: header[1], options: header[2].split(/\s+/).filter(Boolean), packages: [] });
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') continue;
    if (steps.length === 0) throw new Error(`"${line}" stands before the first "# step:" line`);
    steps.at(-1).packages.push(line);
  }
  return steps;
}

function run(component, program, args) {
  const child = spawn(program, args, { stdio: ['ignore', process.stderr, process.stderr] });
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) settle();
      else reject(new MissingComponentError(component, `${args.slice(0, 4).join(' ')} ended with status ${status}`, 'its messages are above; try again'));
    });
  });
}

const venvPython = (folder) => join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));

/** The Python environment of the parity tests, keyed by the requirements' hash: { python, folder }. A venv knows its own
 * path, so it is made in place, and counts once its last file, `complete`, is written. */
async function ensureParityVenv({ cache, reporter, env }) {
  const text = readFileSync(join(projectRoot, 'tests', 'parity', 'requirements.txt'), 'utf8');
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = join(cache, 'components', `parity-venv-${key}`);
  const result = { folder, python: venvPython(folder) };
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return result;
  const python = findPython(env);
  if (python === undefined) throw new MissingComponentError('parity-venv', 'there is no python3', 'install python3 with venv and pip');
  return withLock(join(cache, 'locks', `parity-venv-${key}.lock`), async () => {
    if (existsSync(complete)) return result;
    rmSync(folder, { recursive: true, force: true });
    reporter.line('Making the Python environment of the parity tests (about 2 GB; once) ...');
    await run('parity-venv', python, ['-m', 'venv', folder]);
    for (const { name, options, packages } of parseSteps(text)) {
      reporter.line(`  ${name}: ${packages.join(' ')}`);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '5', ...options, ...packages];
      await run('parity-venv', result.python, pip);
    }
    writeAtomic(complete, '');
    return result;
  });
}

/** all-MiniLM-L6-v2, the encoder of semantic search: { folder }. */
async function ensureEncoder({ cache, reporter, env }) {
  const pins = JSON.parse(readFileSync(join(projectRoot, 'resources', 'runtime-pins.json'), 'utf8'));
  try {
    return { folder: await ensureSentenceEncoder({ pin: pins.sentenceEncoder, cache, python: findPython(env), reporter, env }) };
  } catch (error) {
    if (error instanceof DownloadError) throw new MissingComponentError('sentence-encoder', error.message, error.cure);
    throw error;
  }
}

/** Packages of npm that are components. Pinned by version and by the registry's own hash; what they depend on is pinned by the lock that the first installation writes. */
const npmComponents = {
  'electron-builder': { version: '26.17.0', integrity: 'sha512-iYHBRiagS9sDIbZx1ZD113f5rEGQvtpvTvHf70ovHKJ8mRvxwIkWX7JCwfmVQmVS4eX735p7TZmoxHnBPwF3vA==', size: '95 MB', program: 'cli.js' },
  // GPL: fetched by whoever wants it, never part of what we ship.
  stockfish: { version: '19.0.0', integrity: 'sha512-jDyYLbqNpboQcMs5HodTHI2CrKL74zkQWb1+sgoNXw5HI6avTblW4G0X7afFt3BBOc6VbTSkOV64EUxm/DWSpg==', size: '200 MB', program: 'bin/stockfish-19-lite-single.js' },
};

/** The hash of a package by the lock file that npm wrote beside what it installed. @param {string} folder @param {string} name */
export function installedIntegrity(folder, name) {
  return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`]?.integrity;
}

/** One of them: { folder, program }. No install scripts are run. */
async function ensureNpmComponent(name, { cache, reporter, env }) {
  const { version, integrity, size, program } = npmComponents[name];
  const folder = join(cache, 'components', `${name}-${version}`);
  const result = { folder, program: join(folder, 'node_modules', name, ...program.split('/')) };
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return result;
  const npm = findNpm(env, projectRoot);
  if (npm === undefined) throw new MissingComponentError(name, 'npm was not found', 'install Node.js with npm');
  return withLock(join(cache, 'locks', `${name}.lock`), async () => {
    if (existsSync(complete)) return result;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    reporter.line(`Fetching ${name} ${version} (about ${size}; once) ...`);
    writeAtomic(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: { [name]: version } }));
    await run(name, npm.node, [npm.npm, 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    const found = installedIntegrity(folder, name);
    if (found !== integrity) throw new MissingComponentError(name, `the registry gave ${found} where ${integrity} is pinned`, 'it was not used; check what npm downloads from');
    writeAtomic(complete, '');
    return result;
  });
}

/** The components by name. */
const components = {
  'parity-venv': ensureParityVenv, 'sentence-encoder': ensureEncoder,
  ...Object.fromEntries(Object.keys(npmComponents).map((name) => [name, (options) => ensureNpmComponent(name, options)])),
};

/** Installs a component where it is not installed yet.
 * @param {string} name @param {{cache?: string, reporter?: ReturnType<typeof createReporter>, env?: Record<string, string | undefined>}} [options]
 * @returns {Promise<{folder: string, python?: string, program?: string}>} @throws MissingComponentError */
export async function ensureComponent(name, { cache = cacheRoot(), reporter = createReporter(), env = process.env } = {}) {
  if (!Object.hasOwn(components, name)) throw new Error(`unknown component "${name}": use ${Object.keys(components).join(', ')}`);
  return components[name]({ cache, reporter, env });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureComponent(process.argv[2] ?? '').then(
    (component) => process.stdout.write(`${component.python ?? component.program ?? component.folder}\n`),
    (error) => {
      process.stderr.write(`components: ${error.message}\n`);
      process.exit(3);
    },
  );
}
