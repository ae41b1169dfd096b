/**
 * sparsify (EleutherAI; read against eai-sparsify 1.3): `<hook>/{cfg.json, sae.safetensors}`, TopK, transcoders and skip transcoders.
 *
 * W_dec is [n, d] there and the encoder a torch.nn.Linear, [n, d]; a decoder of the other shape, as SAELens' loader expects it, is turned. `signed`
 * (versions before 1.0) selected by magnitude [recalled: that version is not installed here].
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { configFile, parseConfig, readJson } from '../formats/sae-lens-config.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { readFinite, requireShapes, shapeOf } from '../formats/tensor-source.ts';
import type { TensorSource } from '../formats/tensor-source.ts';
import { transpose } from '../sae/weights.ts';
import type { DictionaryWeights } from '../sae/weights.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryAbout, DictionaryFormat, PortableDictionary } from './definition.ts';
import { requireHolds, withCentring } from './fold.ts';
import { hookOfModule } from './hooks.ts';

const weightsFile = 'sae.safetensors';

const configSchema = z.looseObject({
  d_in: z.int().min(1).max(16_777_216),
  k: z.int().min(1),
  activation: z.string().default('topk'),
  signed: z.boolean().default(false),
  num_latents: z.int().min(0).default(0),
  expansion_factor: z.number().min(0).default(32),
  skip_connection: z.boolean().default(false),
  transcode: z.boolean().default(false),
});
type Config = z.infer<typeof configSchema>;

function checkedConfig(path: string): Config {
  const config = parseConfig(configSchema, readJson(path), path);
  if (config.activation !== 'topk') throw new LoupeError('unsupported', `${path}: activation is "${config.activation}" (the largest latent of each of k groups); Loupe reads topk.`);
  return config;
}

/** W_dec as [n, d], whichever way it lies; a square one as it is documented. */
function decoderOf(file: TensorSource, dSae: number, dIn: number): { readonly wDec: Float32Array; readonly turned: boolean } {
  const name = file.entries.has('W_dec') ? 'W_dec' : 'decoder.weight';
  const turned = dSae !== dIn && shapeOf(file, name, 2, 'sparsify').join() === `${dIn},${dSae}`;
  if (!turned) requireShapes(file, { [name]: [dSae, dIn] }, 'sparsify', 'the sizes of encoder.weight');
  const values = readFinite(file, name);
  return { wDec: turned ? transpose(values, dIn, dSae) : values, turned };
}

function readWeights(file: TensorSource, config: Config, path: string): { readonly weights: DictionaryWeights; readonly turned: boolean } {
  const { d_in: dIn, k, num_latents: latents } = config;
  const [dSae] = shapeOf(file, 'encoder.weight', 2, 'sparsify') as [number, number];
  requireShapes(file, {
    'encoder.weight': [latents === 0 ? dSae : latents, dIn], 'encoder.bias': [dSae], b_dec: [dIn], ...(config.skip_connection ? { W_skip: [dIn, dIn] } : {}),
  }, 'sparsify', `d_in and num_latents in ${configFile}`);
  if (k > dSae) throw new LoupeError('bad-file', `${path}: k is ${k}, more than the ${dSae} latents of ${weightsFile}.`);
  const { wDec, turned } = decoderOf(file, dSae, dIn);
  const weights: DictionaryWeights = {
    dIn, dSae, dOut: dIn, inputNorm: 'none', centresInput: !config.transcode, form: { kind: config.signed ? 'abs-topk' : 'topk', k },
    wEnc: readFinite(file, 'encoder.weight'), bEnc: readFinite(file, 'encoder.bias'), wDec, bDec: readFinite(file, 'b_dec'),
    wSkip: config.skip_connection ? readFinite(file, 'W_skip') : null,
  };
  return { weights, turned };
}

function aboutOf(folder: string, config: Config): DictionaryAbout {
  const run = join(dirname(folder), 'config.json');
  const settings = existsSync(run) ? readJson(run) : {};
  const length = settings['ctx_len'];
  const hook = hookOfModule(basename(folder));
  return {
    ...unknownAbout, architecture: config.transcode ? 'sparsify transcoder' : 'sparsify', writer: 'sparsify', details: { ...config },
    modelName: typeof settings['model'] === 'string' ? settings['model'] : null, contextLength: typeof length === 'number' && length >= 1 ? Math.floor(length) : null,
    // a transcoder reads the input of the module whose output it predicts
    hookPoint: config.transcode ? (hook?.replace(/hook_(mlp|attn)_out$/, (_, part) => (part === 'mlp' ? 'ln2.hook_normalized' : 'ln1.hook_normalized')) ?? null) : hook,
    targetHook: config.transcode ? hook : null,
  };
}

function read(folder: string): PortableDictionary {
  const path = join(folder, configFile);
  const config = checkedConfig(path);
  const file = openSafetensors(join(folder, weightsFile));
  try {
    const { weights, turned } = readWeights(file, config, path);
    return { weights, about: aboutOf(folder, config), notes: turned ? ['W_dec is stored as [d, n], not as sparsify writes it: it was turned'] : [] };
  } finally {
    file.close();
  }
}

/** Every decoder row has norm 1 within 0.1 %. */
function unitDecoder({ wDec, dSae, dOut }: DictionaryWeights): boolean {
  for (let j = 0; j < dSae; j++) {
    const norm = Math.hypot(...wDec.subarray(j * dOut, (j + 1) * dOut));
    if (!(Math.abs(norm - 1) < 1e-3)) return false;
  }
  return true;
}

function write(place: string, { weights, about }: PortableDictionary): readonly string[] {
  const { form, dIn, dSae, dOut, inputNorm } = weights;
  requireHolds('sparsify', weights, {
    'it selects the k largest positive latents of each token and knows no other activation': form.kind !== 'topk',
    'input and output must be equally wide': dIn !== dOut, 'it has no normalisation of each input': inputNorm !== 'none',
  });
  const transcode = about.targetHook !== null && !weights.centresInput;
  const held = transcode ? weights : withCentring(weights, true);
  const k = (form as { readonly k: number }).k;
  const tensor = (shape: number[], data: Float32Array): { dtype: 'F32'; shape: number[]; data: Float32Array } => ({ dtype: 'F32', shape, data });
  writeSafetensors(join(place, weightsFile), {
    W_dec: tensor([dSae, dIn], held.wDec), ...(held.wSkip === null ? {} : { W_skip: tensor([dIn, dIn], held.wSkip) }), b_dec: tensor([dIn], held.bDec),
    'encoder.bias': tensor([dSae], held.bEnc), 'encoder.weight': tensor([dSae, dIn], held.wEnc),
  });
  writeJsonAtomic(join(place, configFile), {
    activation: 'topk', expansion_factor: Math.max(1, Math.floor(dSae / dIn)), normalize_decoder: unitDecoder(held), num_latents: dSae, k, multi_topk: false,
    skip_connection: held.wSkip !== null, transcode, d_in: dIn,
  });
  return held.centresInput === weights.centresInput ? [] : ['b_dec was moved into the input, as sparsify takes it from there; the encoder bias makes up for it'];
}

export const sparsify: DictionaryFormat = {
  id: 'sparsify',
  title: 'sparsify',
  holds: `a folder with cfg.json and ${weightsFile}`,
  detect: (path) => existsSync(join(path, configFile)) && existsSync(join(path, weightsFile)),
  read, write, file: false,
};
