/** What lies at a path: which format, which family, which config. No weights are read. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { openGguf } from '../formats/gguf.ts';
import { tokenizerFromGguf } from '../tokenizers/gguf.ts';
import { loadTokenizer, readJsonFile } from '../tokenizers/load.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import type { ModelConfig, ModelFamily, WeightSource } from './definition.ts';
import { familyOfGguf, familyOfModelType } from './registry.ts';
import { ggufSource, huggingFaceSource } from './weights.ts';

export interface ModelFiles {
  /** The folder, or the GGUF file; absolute. */
  readonly path: string;
  readonly format: WeightSource['format'];
  readonly family: ModelFamily;
  readonly config: ModelConfig;
  /** The files with weights; absolute. */
  readonly weightFiles: readonly string[];
  openWeights(): WeightSource;
  tokenizer(): Tokenizer;
}

/** A folder of the Hugging Face cache is named by a commit; the model's name stands two levels up. */
function folderName(folder: string): string {
  if (basename(dirname(folder)) !== 'snapshots') return basename(folder);
  return basename(dirname(dirname(folder))).replace(/^models--/u, '').replaceAll('--', '/');
}

/** Kinds: not-found, bad-file, bad-config, unsupported (an architecture, an option, a weight type). */
export function openModel(given: string): ModelFiles {
  const path = resolve(given);
  if (!existsSync(path)) throw new LoupeError('not-found', `there is no ${given}. Give a folder with config.json and *.safetensors, or a GGUF file.`);
  if (!statSync(path).isDirectory()) return openGgufModel(path);
  if (existsSync(join(path, 'config.json'))) return openFolder(path);
  const ggufs = readdirSync(path).filter((name) => name.endsWith('.gguf'));
  if (ggufs.length === 1) return openGgufModel(join(path, ggufs[0]!));
  const what = ggufs.length > 1 ? `${ggufs.length} GGUF files: name one of them` : 'neither config.json nor a GGUF file';
  throw new LoupeError('not-found', `the folder ${given} holds ${what}.`);
}

function openFolder(path: string): ModelFiles {
  const name = folderName(path);
  const configPath = join(path, 'config.json');
  const raw = readJsonFile(configPath, 16 << 20);
  const modelType = typeof raw === 'object' && raw !== null ? (raw as { model_type?: unknown }).model_type : undefined;
  const family = familyOfModelType(modelType, configPath);
  return {
    path, format: 'hugging-face', family,
    config: family.readHuggingFace(raw, name),
    weightFiles: readdirSync(path).filter((file) => /^model.*\.safetensors$/u.test(file)).sort().map((file) => join(path, file)),
    openWeights: () => huggingFaceSource(path),
    tokenizer: () => loadTokenizer(path),
  };
}

/** GGUF's own splitting of one model over files is not read: refused by name. */
function refuseSplit(path: string): void {
  if (/-\d{5}-of-(?!00001)\d{5}\.gguf$/u.test(path)) throw new LoupeError('unsupported', `${path} is one part of a split GGUF model. Merge the parts into one file.`);
}

function requireMagic(path: string): void {
  const head = Buffer.alloc(4);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, 4, 0);
  } finally {
    closeSync(fd);
  }
  if (head.toString('latin1') !== 'GGUF') {
    throw new LoupeError('bad-file', `${path} is not a GGUF file. Give a GGUF file, or the folder that holds config.json and *.safetensors.`);
  }
}

function openGgufModel(path: string): ModelFiles {
  refuseSplit(path);
  requireMagic(path);
  const file = openGguf(path);
  file.close();
  const family = familyOfGguf(file.metadata.get('general.architecture'), path);
  return {
    path, format: 'gguf', family,
    config: family.readGguf(file.metadata, basename(path).replace(/\.gguf$/u, '')),
    weightFiles: [path],
    openWeights: () => ggufSource(path),
    tokenizer: () => tokenizerFromGguf(file.metadata, path),
  };
}
