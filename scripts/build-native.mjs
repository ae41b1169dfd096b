/**
 * Rebuilds the native addon where a source changed, and points this checkout at it. For work on kernels: it ends with the
 * compiler's messages and status 1 where set-up would fall back to another backend.
 */
import { readFileSync } from 'node:fs';
import { ensureNative } from './setup/native.mjs';
import { cacheRoot, projectRoot, stampPath } from './setup/paths.mjs';
import { createReporter } from './setup/progress.mjs';
import { measure, writeStamp } from './setup/stamp.mjs';
import { inspectTensorflow } from './setup/tensorflow-files.mjs';
import { findCompiler } from './setup/tools.mjs';

const reporter = createReporter();
const cache = cacheRoot();

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampPath(cache, projectRoot), 'utf8'));
  } catch {
    return undefined;
  }
}

async function main() {
  const stamp = readStamp();
  const runtime = stamp?.artefacts.tensorflow === undefined ? undefined : inspectTensorflow(stamp.artefacts.tensorflow);
  const compiler = findCompiler();
  if (runtime === undefined || compiler === undefined) {
    throw new Error(`there is no ${runtime === undefined ? 'TensorFlow runtime' : 'C++ compiler'}; run: npm run setup`);
  }
  const built = await ensureNative({ compiler, root: projectRoot, cache, runtime: { ...runtime, gpu: stamp.artefacts.gpu }, reporter });
  const files = measure([built.path, ...runtime.libraries, ...(stamp.artefacts.sampleModel ? [stamp.artefacts.sampleModel] : [])]);
  // the fingerprint stays that of set-up: its next run compares hashes, finds all built, and writes its own
  writeStamp(cache, projectRoot, { ...stamp, artefacts: { ...stamp.artefacts, addon: built.path }, files });
  reporter.line(`${built.path}: ${built.compiled} compiled, ${built.linked ? 'linked' : 'unchanged'}`);
}

main().catch((error) => {
  reporter.line(`build-native: ${error.message}`);
  process.exit(1);
});
