/** What mutated bytes are given to. Each target makes its sound bytes once, and says what is done with damaged ones. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { openForeign } from '../../src/engine/convert/open-foreign.ts';
import { openai } from '../../src/engine/convert/openai.ts';
import { openSafetensors } from '../../src/engine/formats/safetensors.ts';
import { writeZip } from '../../src/engine/formats/zip-writer.ts';
import { openZip } from '../../src/engine/formats/zip.ts';
import { openGguf } from '../../src/engine/formats/gguf.ts';
import { inspectModel } from '../../src/engine/lm/load.ts';
import { openModel } from '../../src/engine/lm/open.ts';
import type { DictionaryWeights } from '../../src/engine/sae/weights.ts';
import { openHarvestedStore } from '../../src/engine/store/reader.ts';
import { loadTokenizer } from '../../src/engine/tokenizers/load.ts';
import type { Tokenizer } from '../../src/engine/tokenizers/types.ts';
import { stopThreads, openCatalog, verifyCatalog } from '../../src/main/catalog/client.ts';
import { decodeFrame, encodeFrame } from '../../src/shared/wire.ts';
import { mutateCatalog, soundCatalog, useVerified } from '../support/catalog-mutations.ts';
import { writeSmallStore } from '../support/small-store.ts';
import { writeTinyGguf } from '../support/tiny-gguf.ts';
import { writeTinyLlama } from '../support/tiny-llama.ts';

export interface Target {
  /** Sound bytes, made in `folder`, an empty folder of the target's own. */
  readonly prepare: (folder: string) => Promise<Buffer>;
  /** How many of the first bytes hold the structure. */
  readonly head: (bytes: Buffer) => number;
  /** Uses the damaged bytes as the program would; throws what the program throws. `number` is that of the mutation. */
  readonly use: (bytes: Buffer, folder: string, number: number) => Promise<void> | void;
  /** Damage of the target's own; otherwise bytes are damaged (mutations.ts). */
  readonly mutate?: (bytes: Buffer, folder: string, number: number) => Buffer;
  readonly finish?: () => Promise<void>;
}

const texts = ['plain words, 12 of them', 'Ünïcode 🦊 \u200d\ufe0f \0', '   spaces\n\n\ttabs', '<s></s>', ''];

function useTokenizer(tokenizer: Tokenizer): void {
  for (const text of texts) {
    const ids = tokenizer.encode(text);
    for (const id of ids) if (!Number.isInteger(id) || id < 0) throw new Error(`token ${id} of ${JSON.stringify(text)}`);
    tokenizer.decode(ids);
  }
  tokenizer.display(0);
}

const safetensors: Target = {
  prepare: async (folder) => {
    writeTinyLlama(folder);
    return readFileSync(join(folder, 'model.safetensors'));
  },
  head: (bytes) => 8 + Number(bytes.readBigUInt64LE()),
  use: (bytes, folder) => {
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, bytes);
    const file = openSafetensors(path);
    try {
      for (const [name, { elements }] of file.entries) {
        if (file.readFloat32(name).length !== elements) throw new Error(`${name} has not ${elements} elements`);
      }
    } finally {
      file.close();
    }
  },
};

const gguf: Target = {
  prepare: async (folder) => {
    writeTinyGguf(join(folder, 'tiny.gguf'));
    return readFileSync(join(folder, 'tiny.gguf'));
  },
  head: () => 8192,
  use: (bytes, folder) => {
    const path = join(folder, 'tiny.gguf');
    writeFileSync(path, bytes);
    useTokenizer(openModel(path).tokenizer());
    const file = openGguf(path);
    try {
      for (const [name, { elements }] of file.tensors) {
        if (file.readFloat32(name).length !== elements) throw new Error(`${name} has not ${elements} elements`);
      }
    } finally {
      file.close();
    }
  },
};

const config: Target = {
  prepare: async (folder) => {
    writeTinyLlama(folder);
    return readFileSync(join(folder, 'config.json'));
  },
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    writeFileSync(join(folder, 'config.json'), bytes);
    if (inspectModel(folder).hooks.length === 0) throw new Error('a model without hooks');
  },
};

const tokenizer: Target = {
  prepare: async (folder) => {
    writeTinyLlama(folder);
    return readFileSync(join(folder, 'tokenizer.json'));
  },
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    writeFileSync(join(folder, 'tokenizer.json'), bytes);
    useTokenizer(loadTokenizer(folder));
  },
};

const catalog: Target = {
  prepare: async (folder) => {
    const path = join(folder, 'c.loupe');
    generateCatalog(path, { features: 12, contexts: 6, vocabulary: 80 });
    return readFileSync(path);
  },
  head: () => 4096,
  use: async (bytes, folder, number) => {
    // A fresh name each time: a catalog is known by its path while it is open.
    const path = join(folder, `${number}.loupe`);
    writeFileSync(path, bytes);
    try {
      if (number % 10 === 0) await verifyCatalog(path);
      const opened = await openCatalog(path, { readOnly: true });
      try {
        for (const { id } of (await opened.info()).sources) {
          const { rows } = await opened.features({ source: id, sort: 'max', descending: true, filter: {}, search: null, offset: 0, limit: 5 });
          for (const { index } of rows.slice(0, 2)) await opened.feature({ source: id, index });
          await opened.search({ source: id, text: 'the', in: 'contexts', limit: 3 });
        }
      } finally {
        await opened.close();
      }
    } finally {
      rmSync(path, { force: true });
    }
  },
  finish: stopThreads,
};

/** Damage to cells, blobs and schema rows as well as bytes, verified before use: what verifies must be readable to its last row. */
const verified: Target = {
  prepare: async (folder) => soundCatalog(folder),
  head: () => 4096,
  mutate: mutateCatalog,
  use: (bytes, folder, number) => {
    const path = join(folder, `${number}.loupe`);
    writeFileSync(path, bytes);
    try {
      useVerified(path);
    } finally {
      rmSync(path, { force: true });
    }
  },
};

const frame: Target = {
  prepare: async () => Buffer.from(encodeFrame({
    id: 7, name: 'catalog.features', list: [1, null, 'a', { $tensor: 3 }], x: { dtype: 'float32', shape: [3, 5], data: Float32Array.from({ length: 15 }, (_, i) => i) },
    ids: { dtype: 'int32', shape: [4], data: Int32Array.of(1, 2, 3, 4) }, deep: { a: { b: { c: ['x', { d: 1 }] } } },
  })),
  head: (bytes) => bytes.readUInt32LE() + 4,
  use: (bytes) => void decodeFrame(bytes),
};

const manifest: Target = {
  prepare: async (folder) => {
    await writeSmallStore(join(folder, 'store'));
    return readFileSync(join(folder, 'store', 'manifest.json'));
  },
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    writeFileSync(join(folder, 'store', 'manifest.json'), bytes);
    const store = openHarvestedStore(join(folder, 'store'), { allowIncomplete: true });
    try {
      const { contexts, contextLength, hooks } = store.manifest;
      const count = Math.min(contexts, 10);
      if (store.tokens(0, count).length !== count * contextLength) throw new Error('tokens of another length');
      for (const { name, d } of hooks) if (store.activations(name, 0, count).length !== count * contextLength * d) throw new Error('activations of another length');
    } finally {
      store.close();
    }
  },
};

const casesFolder = join(import.meta.dirname, '../parity/fixtures/dictionaries');

/** A torch file as dictionary_learning saves it, with its config beside it: pickle, storages and directory are all damaged. */
const torch: Target = {
  prepare: async (folder) => {
    cpSync(join(casesFolder, 'dictionary-learning-batchtopk', 'config.json'), join(folder, 'config.json'));
    return readFileSync(join(casesFolder, 'dictionary-learning-batchtopk', 'ae.pt'));
  },
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    writeFileSync(join(folder, 'ae.pt'), bytes);
    checkSizes(openForeign(folder, 'documented').weights);
  },
};

/** The pickle of the same, in an archive that is sound: all damage reaches the machine that reads it. */
const pickle: Target = {
  prepare: async (folder) => {
    const zip = openZip(join(casesFolder, 'openai-topk', '8.pt'));
    try {
      const data = Object.fromEntries([...zip.members.keys()].map((name) => [name, Buffer.from(zip.read(name))]));
      const [prefix] = Object.keys(data)[0]!.split('/');
      writeFileSync(join(folder, 'members.json'), JSON.stringify(Object.entries(data).filter(([name]) => !name.endsWith('.pkl')).map(([name, bytes]) => [name, bytes.toString('base64')])));
      writeFileSync(join(folder, 'prefix'), prefix!);
      return data[`${prefix}/data.pkl`]!;
    } finally {
      zip.close();
    }
  },
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    const members = JSON.parse(readFileSync(join(folder, 'members.json'), 'utf8')) as [string, string][];
    const parts = members.map(([name, data]) => ({ name, data: Buffer.from(data, 'base64') }));
    writeZip(join(folder, 'file.pt'), [{ name: `${readFileSync(join(folder, 'prefix'), 'utf8')}/data.pkl`, data: bytes }, ...parts]);
    checkSizes(openai.read(join(folder, 'file.pt'), '').weights);
  },
};

/** Deflated float64 arrays. */
const npz: Target = {
  prepare: async () => readFileSync(join(casesFolder, 'gemma-scope-float64-deflated', 'float64-deflated', 'params.npz')),
  head: (bytes) => bytes.length,
  use: (bytes, folder) => {
    writeFileSync(join(folder, 'params.npz'), bytes);
    checkSizes(openForeign(folder, 'documented').weights);
  },
};

function checkSizes({ wEnc, wDec, bEnc, bDec, dIn, dSae, dOut }: DictionaryWeights): void {
  const right = wEnc.length === dSae * dIn && wDec.length === dSae * dOut && bEnc.length === dSae && bDec.length === dOut;
  if (!right) throw new Error('weights of other lengths than their sizes say');
}

export const targets: Readonly<Record<string, Target>> = { safetensors, gguf, config, tokenizer, catalog, verified, frame, manifest, torch, pickle, npz };

/** The target `name` with its sound bytes and its own folder below `root`. */
export async function prepared(name: string, root: string): Promise<{ target: Target; bytes: Buffer; folder: string }> {
  const target = targets[name];
  if (target === undefined) throw new Error(`no target ${name}: ${Object.keys(targets).join(', ')}`);
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const bytes = await target.prepare(folder);
  await target.use(bytes, folder, 0);
  return { target, bytes, folder };
}
