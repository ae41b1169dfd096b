#!/usr/bin/env node
/**
 * The `loupe` command, in plain JavaScript for any Node >= 18: finds the pinned Node 24 and runs the command line under
 * it, from source in a checkout or from the bundle where only that is there.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The Node to run under and what to set for it, or undefined. */
function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const system = process.platform === 'win32' ? 'win' : process.platform;
  // A packed app has no .bin: its packager leaves it out.
  const pinned = [join('.bin', name), join(`node-${system}-${process.arch}`, 'bin', name)].map((path) => join(root, 'node_modules', path)).find((path) => existsSync(path));
  if (pinned !== undefined) return { program: pinned, env: {} };
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return { program: process.execPath, env: {} };
  const electron = join(root, 'node_modules', 'electron', 'dist', process.platform === 'win32' ? 'electron.exe' : 'electron');
  if (existsSync(electron)) return { program: electron, env: { ELECTRON_RUN_AS_NODE: '1' } };
  return undefined;
}

function fail(message) {
  process.stderr.write(`loupe: ${message}\n`);
  process.exit(3);
}

const sources = [join(root, 'src', 'cli', 'loupe.ts'), join(root, 'out', 'cli', 'loupe.js')];
// Node does not strip types below node_modules: an installed package runs its bundle.
const order = root.includes(`${join('/', 'node_modules', '/')}`) ? sources.reverse() : sources;
const entry = order.find((path) => existsSync(path)) ?? fail(`neither ${sources.join(' nor ')} exists; run: npm run build`);
const node = findNode() ?? fail(`Node ${neededMajor} or newer is needed (this is ${process.versions.node}); run: npm run setup`);

const child = spawn(node.program, ['--disable-warning=ExperimentalWarning', entry, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...node.env },
});
// An interrupt from the terminal reaches the child by itself; what is sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => fail(`could not start ${node.program}: ${error.message}`));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
