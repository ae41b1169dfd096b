/**
 * Builds out/ (main, preload, renderer, the bundles) when a source is newer than the last build; with nothing to do it takes no time.
 *
 *   node scripts/build.mjs [--force]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './setup/lock.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'out', '.stamp');
const inputs = ['src', 'electron.vite.config.ts', 'package.json', 'package-lock.json'];
/** Without these there is no build, whatever the stamp says. */
const outputs = ['main/index.js', 'preload/index.cjs', 'renderer/index.html', 'engine/process.js', 'cli/loupe.js', 'catalog/worker.js', 'share/worker.js'];

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesBelow(join(path, name)));
}

/** Names, sizes and times of every input. */
function inputKey() {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap((input) => filesBelow(join(root, input)))) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function isFresh(key) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key && outputs.every((file) => existsSync(join(root, 'out', file)));
}

function build() {
  const program = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { status } = spawnSync(process.execPath, [program, 'build', '--logLevel', 'warn'], { cwd: root, stdio: ['ignore', 2, 2] });
  return status === 0;
}

async function main() {
  if (!process.argv.includes('--force') && isFresh(inputKey())) return true;
  mkdirSync(join(root, 'out'), { recursive: true });
  return withLock(join(root, 'out', '.lock'), async () => {
    // Another build may have done it while we waited; a source that changes during the build makes the next one stale.
    const key = inputKey();
    if (!process.argv.includes('--force') && isFresh(key)) return true;
    process.stderr.write('building the studio\n');
    if (!build()) return false;
    writeFileSync(stamp, key);
    return true;
  });
}

process.exit((await main()) ? 0 : 1);
