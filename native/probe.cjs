/**
 * Tries one tensor backend in a process of its own, so that a library that crashes takes this process down and not the
 * engine. Arguments: the backend's name and, for tensorflow, the addon's path. Prints one JSON line.
 */
'use strict';
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');

function probeTensorflow(addon) {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const beside = join(dirname(addon), 'loupe_quiet.node');
  let prelude;
  if (existsSync(beside)) {
    const path = join(dirname(addon), 'loupe_prelude.node');
    require(beside).mapQuietly(path);
    prelude = require(path);
  }
  const binding = require(addon);
  const values = binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
  const attrs = ['transpose_a', 'transpose_b'].map((name) => ({ name, type: binding.TF_ATTR_BOOL, value: false }));
  const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const [product] = binding.executeOp('MatMul', [...attrs, type], [values, values], 1);
  return {
    product: Array.from(binding.tensorDataSync(product.id)),
    version: binding.TF_Version,
    gpu: binding.isUsingGpuDevice(),
    ops: prelude?.registeredOps() ?? [],
    instructionSets: prelude?.instructionSets() ?? [],
  };
}

async function probeTfjs(backend) {
  const tf = require('@tensorflow/tfjs-core');
  require(`@tensorflow/tfjs-backend-${backend}`);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its ${backend} backend`);
  const values = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  return { product: Array.from(tf.matMul(values, values).dataSync()), version: tf.version_core, gpu: false, ops: [], instructionSets: [] };
}

async function main() {
  const [backend, addon] = process.argv.slice(2);
  const { product, ...found } = backend === 'tensorflow' ? probeTensorflow(addon) : await probeTfjs(backend);
  // [1 2; 3 4] squared
  if (product.join() !== '7,10,15,22') throw new Error(`wrong matrix product: ${product.join()}`);
  process.stdout.write(`\n${JSON.stringify({ ok: true, ...found })}\n`);
}

main().catch((error) => {
  process.stdout.write(`\n${JSON.stringify({ ok: false, reason: error.message })}\n`);
  process.exitCode = 1;
});
