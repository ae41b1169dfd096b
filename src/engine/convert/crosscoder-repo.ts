/**
 * crosscoder-model-diff-replication (Kissane et al. 2024): `N.pt` and `N_cfg.json`, a ReLU crosscoder of two models: W_enc [2, d, n], W_dec [n, 2, d], b_enc [n],
 * b_dec [2, d]. The sources side by side make it a ReLU dictionary of width 2 d that does not take b_dec from its input.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { readJson } from '../formats/sae-lens-config.ts';
import { readFinite, requireShapes, shapeOf } from '../formats/tensor-source.ts';
import { openTorch } from '../formats/torch.ts';
import { writeTorch } from '../formats/torch-writer.ts';
import { transpose } from '../sae/weights.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryFormat, PortableDictionary } from './definition.ts';
import { requireHolds } from './fold.ts';

const needed = 'a crosscoder';
const configName = (weights: string): string => weights.replace(/\.pt$/, '_cfg.json');

/** The `N.pt` files of a folder that have their `N_cfg.json`, or the file itself. */
function candidates(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const files = stat.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
  return files.filter((file) => /(^|[/\\])\d+\.pt$/.test(file) && existsSync(configName(file)));
}

function read(path: string): PortableDictionary {
  const [weightsPath, ...others] = candidates(path);
  if (weightsPath === undefined) throw new LoupeError('not-found', `${path} is no N.pt file with an N_cfg.json beside it, and no folder with one.`);
  if (others.length > 0) throw new LoupeError('bad-request', `${path} holds ${others.length + 1} versions of a crosscoder: name one of its files, such as ${weightsPath}.`);
  const config = readJson(configName(weightsPath));
  const file = openTorch(weightsPath);
  try {
    const [sources, d, dSae] = shapeOf(file, 'W_enc', 3, needed) as [number, number, number];
    requireShapes(file, { W_dec: [dSae, sources, d], b_enc: [dSae], b_dec: [sources, d] }, needed, 'the sizes of W_enc');
    const hook = config['hook_point'];
    return {
      weights: {
        dIn: sources * d, dSae, dOut: sources * d, form: { kind: 'relu' }, centresInput: false, inputNorm: 'none', wSkip: null,
        wEnc: transpose(readFinite(file, 'W_enc'), sources * d, dSae), wDec: readFinite(file, 'W_dec'), bEnc: readFinite(file, 'b_enc'), bDec: readFinite(file, 'b_dec'),
      },
      about: {
        ...unknownAbout, architecture: 'crosscoder', writer: 'crosscoder-model-diff-replication', sources, details: config, hookPoint: typeof hook === 'string' ? hook : null,
        modelName: typeof config['model_name'] === 'string' ? config['model_name'] : null,
      },
      notes: [`the input is the activations of ${sources} sources side by side, each in the scale that the crosscoder was trained on`],
    };
  } finally {
    file.close();
  }
}

function write(place: string, { weights, about }: PortableDictionary): readonly string[] {
  const { form, dIn, dSae, dOut, inputNorm, centresInput, wSkip } = weights;
  requireHolds('the crosscoder format', weights, {
    [`it holds two sources, and this dictionary has ${about.sources}`]: about.sources !== 2 || dIn !== dOut, 'it knows ReLU only': form.kind !== 'relu',
    'it does not take b_dec from the input': centresInput, 'it has no normalisation of each input': inputNorm !== 'none', 'it has no skip connection': wSkip !== null,
  });
  const d = dIn / 2;
  writeTorch(join(place, '0.pt'), {
    W_enc: { shape: [2, d, dSae], data: transpose(weights.wEnc, dSae, dIn) }, W_dec: { shape: [dSae, 2, d], data: weights.wDec },
    b_enc: { shape: [dSae], data: weights.bEnc }, b_dec: { shape: [2, d], data: weights.bDec },
  });
  writeJsonAtomic(join(place, '0_cfg.json'), {
    d_in: d, dict_size: dSae, enc_dtype: 'fp32', device: 'cpu', seed: 0, dec_init_norm: 0.08, hook_point: about.hookPoint, model_name: about.modelName,
  });
  return [];
}

export const crosscoderRepo: DictionaryFormat = {
  id: 'crosscoder-repo', title: 'crosscoder-model-diff-replication', holds: 'N.pt with N_cfg.json beside it', detect: (path) => candidates(path).length > 0, read, write, file: false,
};
