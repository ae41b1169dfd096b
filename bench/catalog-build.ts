/**
 * How long a catalog takes from activations on disk, one JSON object: the statistics pass, then its rows into the file.
 *
 *   node bench/catalog-build.ts --folder DIR                     arrays and dictionary that catalog_peer.py wrote; everything that a catalog holds
 *   node bench/catalog-build.ts --synthetic d,n,k,tokens [--all] random activations and TopK dictionary; examples and histograms alone, or all
 *
 * Loading is not counted, writing the catalog is. `cpu_s` is processor time of the whole process meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../src/engine/backend/load.ts';
import { openNpy } from '../src/engine/formats/npy.ts';
import { computeStatistics } from '../src/engine/interp/statistics.ts';
import type { StatisticsParts } from '../src/engine/interp/statistics.ts';
import { Random } from '../src/engine/random.ts';
import { LoadedDictionary } from '../src/engine/sae/inference.ts';
import { loadDictionary } from '../src/engine/sae/load.ts';
import { openStore } from '../src/engine/store/open.ts';
import { unknownModel } from '../src/engine/store/identity.ts';
import type { ActivationStore } from '../src/engine/store/types.ts';
import { ingestStatistics } from '../src/main/catalog/build.ts';
import { createCatalog, stopThreads } from '../src/main/catalog/client.ts';

const { values } = parseArgs({ options: { folder: { type: 'string' }, synthetic: { type: 'string' }, all: { type: 'boolean', default: false } } });
const all = { topExamples: 20, intervalExamples: 5, window: 64, logits: 10, centreLogits: true, neighbours: 10, related: 10, seed: 0 } as const;
/** What a loop for the strongest tokens and histograms has too. */
const bare = { ...all, intervalExamples: 0, window: 1, logits: 0, neighbours: 0, related: 0 } as const;

const tokenizerOf = (vocab: number): StatisticsParts['tokenizer'] => ({ vocab, display: (id) => ` w${id}`, specialTokenIds: new Set<number>() });

async function fromFolder(folder: string): Promise<StatisticsParts> {
  const store = openStore(folder);
  const unembedding = openNpy(join(folder, 'unembedding.npy'));
  const [d, vocab] = unembedding.shape as [number, number];
  const weight = tf.tensor2d(unembedding.readFloat32(0, d * vocab), [d, vocab]);
  unembedding.close();
  const hook = store.manifest.hooks[0]!.name;
  return { store, dictionary: await loadDictionary(join(folder, 'dictionary')), hook, name: 'bench', identity: unknownModel(d), tokenizer: tokenizerOf(vocab), unembedding: { weight, finalNormWeight: null, centresInput: true }, heads: 0 };
}

/** Eight batches of activations, served again and again, as the peer's stream is. */
function syntheticStore(d: number, tokens: number): ActivationStore {
  const contextLength = 128;
  const pool = Random.from(1, 'catalog-bench').normals(8 * 4096 * d);
  const contexts = Math.floor(tokens / contextLength);
  const ids = (first: number, count: number): Int32Array => Int32Array.from({ length: count * contextLength }, (_, i) => (first * contextLength + i) % 5000);
  return {
    folder: 'synthetic',
    manifest: {
      format: 'loupe-activations', version: 1, model: unknownModel(d), corpus: { name: 'synthetic', documents: contexts, hash: '', sources: [] }, hooks: [{ name: 'x', d }], dtype: 'float32',
      contextLength, contexts, prependBos: false, isolate: false, specialTokenIds: [], seed: 0, shards: [], complete: true, codeVersion: '', backend: '',
    },
    tokens: ids, documents: (first, count) => Int32Array.from({ length: count * contextLength }, (_, i) => first + Math.floor(i / contextLength)),
    mask: (_first, count) => new Uint8Array(count * contextLength).fill(1),
    activations: (_hook, first, count) => {
      const out = new Float32Array(count * contextLength * d);
      for (let c = 0; c < count; c++) out.set(pool.subarray(((first + c) % 256) * contextLength * d, ((first + c) % 256 + 1) * contextLength * d), c * contextLength * d);
      return out;
    },
    close: () => {},
  };
}

function synthetic([d, n, k, tokens]: [number, number, number, number]): StatisticsParts {
  const rows = Random.from(2, 'catalog-bench').normals(n * d, 1 / Math.sqrt(d));
  const dictionary = new LoadedDictionary({
    dIn: d, dSae: n, dOut: d, form: { kind: 'topk', k }, centresInput: false, inputNorm: 'none', wEnc: rows, wDec: rows.slice(), bEnc: new Float32Array(n).fill(-2), bDec: new Float32Array(d), wSkip: null,
  }, {
    format: 'loupe-dictionary', version: 1, variant: 'topk', model: null, corpus: null, hookPoint: 'x', contextLength: 128, prependBos: false, config: { k }, seed: 0, tokensSeen: 0, codeVersion: '', backend: '',
    check: { x: '', latents: '', reconstruction: '' },
  });
  const weight = tf.tensor2d(Random.from(3, 'catalog-bench').normals((values.all ? d : 1) * 5000), [values.all ? d : 1, 5000]);
  return { store: syntheticStore(d, tokens), dictionary, hook: 'x', name: 'bench', identity: unknownModel(d), tokenizer: tokenizerOf(5000), unembedding: { weight, finalNormWeight: null, centresInput: false }, heads: 0 };
}

await loadBackend();
const parts = values.folder === undefined ? synthetic(values.synthetic!.split(',').map(Number) as [number, number, number, number]) : await fromFolder(values.folder);
const folder = mkdtempSync(join(tmpdir(), 'loupe-catalog-bench-'));
try {
  const path = join(folder, 'bench.loupe');
  const context = { signal: new AbortController().signal, progress: () => {}, log: () => {} };
  const [start, used] = [performance.now(), process.cpuUsage()];
  await createCatalog(path);
  const result = await computeStatistics(parts, values.folder !== undefined || values.all ? all : bare, join(folder, 'statistics'), context);
  const [pass, passCpu] = [performance.now(), process.cpuUsage(used)];
  await ingestStatistics(path, join(folder, 'statistics'), context);
  const cpu = process.cpuUsage(used);
  console.log(JSON.stringify({
    features: result.features, tokens: result.tokens, dead: result.dead, seconds: (performance.now() - start) / 1000, statistics_s: (pass - start) / 1000, statistics_cpu_s: (passCpu.user + passCpu.system) / 1e6, cpu_s: (cpu.user + cpu.system) / 1e6,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024), backend: tf.getBackend(),
  }));
} finally {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
}
