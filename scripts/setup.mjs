/**
 * Set-up (design.md §5): npm packages, the TensorFlow runtime, the native addon, the sample model. Node's built-ins only,
 * any Node >= 18. What a machine lacks is left out, said, and recorded; the program then works with less.
 *
 *   node scripts/setup.mjs [--gpu | --cpu] [--rebuild] [--no-npm]
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DownloadError } from './setup/download.mjs';
import { ensureNative } from './setup/native.mjs';
import { ensurePackages } from './setup/npm.mjs';
import { cacheRoot, projectRoot, stampPath } from './setup/paths.mjs';
import { createReporter } from './setup/progress.mjs';
import { resolveRuntime, wantsGpu } from './setup/resolve.mjs';
import { ensureSampleModel } from './setup/sample-model.mjs';
import { currentStamp, fingerprint, measure, writeStamp } from './setup/stamp.mjs';
import { ensureTensorflow, explicitRuntime, hasNvidiaDriver } from './setup/tensorflow.mjs';
import { findCompiler, findOnPath, findPython } from './setup/tools.mjs';

const args = process.argv.slice(2);
const env = process.env;
const root = projectRoot;
const cache = cacheRoot(env);
const reporter = createReporter();
const knownArguments = ['--gpu', '--cpu', '--rebuild', '--no-npm'];

/** What this machine offers and the user wants; a change of any of it is work for set-up. */
function choose() {
  const supported = process.platform === 'linux' && process.arch === 'x64';
  const gpu = wantsGpu({ args, env, hasDriver: hasNvidiaDriver(findOnPath), supported });
  return { gpu, python: findPython(env), compiler: findCompiler(env), tensorflow: env.LOUPE_TENSORFLOW || undefined, wheels: env.LOUPE_WHEELS };
}

/** Runs one part; a refusal is recorded instead of thrown. */
async function attempt(part, missing, work) {
  try {
    return await work();
  } catch (error) {
    const isDownload = error instanceof DownloadError;
    const cure = isDownload ? error.cure : 'see the message; then run: npm run setup';
    missing.push({ part, reason: error.message, cure, passing: isDownload && error.passing });
    return undefined;
  }
}

async function getRuntime(choices, pins, missing) {
  return attempt('tensorflow', missing, async () => {
    if (choices.tensorflow !== undefined) return explicitRuntime(choices.tensorflow);
    const resolved = resolveRuntime({ platform: process.platform, arch: process.arch, gpu: choices.gpu }, pins);
    if (!resolved.ok) throw new DownloadError(resolved.reason, resolved.cure, false);
    if (choices.compiler === undefined) {
      throw new DownloadError('there is no C++ compiler, which builds the addon', 'install g++ or clang++ (Debian: apt install g++; Fedora: dnf install gcc-c++), then run: npm run setup', false);
    }
    return ensureTensorflow({ resolved, cache, python: choices.python, reporter, env });
  });
}

async function getAddon(choices, runtime, missing) {
  if (runtime === undefined) return undefined;
  return attempt('native', missing, async () => {
    if (choices.compiler === undefined) throw new DownloadError('there is no C++ compiler', 'install g++ or clang++, then run: npm run setup', false);
    return ensureNative({ compiler: choices.compiler, root, cache, runtime, reporter });
  });
}

/** Says what is missing and what that costs. */
function explain(missing) {
  const slow = missing.filter(({ part }) => part !== 'sample-model');
  if (slow.length > 0) {
    reporter.line('Loupe will compute on WebAssembly, on one thread: about a seventh of the speed of the TensorFlow runtime.');
  }
  for (const { part, reason, cure } of missing) {
    const title = { tensorflow: 'No TensorFlow runtime', native: 'No native addon', 'sample-model': 'No sample model' }[part];
    reporter.line(`${title}: ${reason}\n  What would help: ${cure}`);
  }
}

async function install(choices) {
  const pins = JSON.parse(readFileSync(join(root, 'resources', 'runtime-pins.json'), 'utf8'));
  const missing = [];
  const packages = args.includes('--no-npm') ? Promise.resolve() : ensurePackages({ root, cache, reporter, env });
  const model = attempt('sample-model', missing, () => ensureSampleModel({ pin: pins.sampleModel, cache, python: choices.python, reporter, env }));
  const [runtime] = await Promise.all([getRuntime(choices, pins, missing), packages]);
  const addon = await getAddon(choices, runtime, missing);
  const sampleModel = await model;
  const artefacts = { addon: addon?.path, tensorflow: runtime?.folder, gpu: runtime?.gpu === true, sampleModel };
  const files = [addon?.path, ...(runtime?.libraries ?? []), sampleModel].filter((path) => path !== undefined);
  return { artefacts, files: measure(files), missing };
}

async function main() {
  const unknown = args.find((argument) => !knownArguments.includes(argument));
  if (unknown !== undefined) {
    reporter.line(`setup: unknown argument ${unknown}; use ${knownArguments.join(', ')}`);
    return 2;
  }
  const choices = choose();
  const print = fingerprint(root, choices);
  if (args.includes('--rebuild')) {
    rmSync(stampPath(cache, root), { force: true });
    rmSync(join(cache, 'native', 'objects'), { recursive: true, force: true });
    rmSync(join(cache, 'probes'), { recursive: true, force: true });
  }
  if (currentStamp(cache, root, print) !== undefined) return 0;
  const start = Date.now();
  const record = await install(choices);
  writeStamp(cache, root, { fingerprint: print, ...record });
  explain(record.missing);
  const seconds = Math.round((Date.now() - start) / 1000);
  if (seconds > 0) reporter.line(`Set-up done in ${seconds} s (cache: ${cache}).`);
  return 0;
}

main().then(
  (status) => process.exit(status),
  (error) => {
    reporter.line(`setup: ${error.message}`);
    process.exit(1);
  },
);
