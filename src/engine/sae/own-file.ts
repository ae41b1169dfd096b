/**
 * Folders of dictionaries that SAELens cannot compute: cfg.json with the architecture `loupe:<id>`, which SAELens refuses, and
 * sae_weights.safetensors with every weight by its own name, `input_scale` and `output_scale`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { configFile, readJson, weightsFile } from '../formats/sae-lens.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { AnyVariant } from './definition.ts';
import type { OwnWeights, StoredTensor } from './own-dictionary.ts';
import { variantById } from './registry.ts';

const prefix = 'loupe:';
const [inputScaleKey, outputScaleKey] = ['input_scale', 'output_scale'];
const dimension = z.int().min(1).max(16_777_216);
const configSchema = z.looseObject({
  architecture: z.string(), d_in: dimension, d_sae: dimension, d_out: dimension, sources: z.int().min(1).max(1024),
  config: z.record(z.string(), z.unknown()),
});

/** The id of the variant where a folder's cfg.json names one of ours, or null. Kind bad-file where cfg.json is broken. */
export function ownVariantOf(folder: string): string | null {
  const { architecture } = readJson(join(folder, configFile));
  return typeof architecture === 'string' && architecture.startsWith(prefix) ? architecture.slice(prefix.length) : null;
}

/** Writes weights and, last, cfg.json. `metadata` is that of SAELens' cfg.json. */
export function writeOwn(folder: string, id: string, weights: OwnWeights, metadata: Readonly<Record<string, unknown>>): void {
  const { sizes, config, tensors, inputScale, outputScale } = weights;
  const scales = { [inputScaleKey!]: { shape: [sizes.dIn], data: inputScale }, [outputScaleKey!]: { shape: [sizes.dOut], data: outputScale } };
  const entries = Object.entries({ ...tensors, ...scales }).map(([name, { shape, data }]) => [name, { dtype: 'F32' as const, shape: [...shape], data }]);
  writeSafetensors(join(folder, weightsFile), Object.fromEntries(entries) as Parameters<typeof writeSafetensors>[1]);
  writeJsonAtomic(join(folder, configFile), {
    architecture: prefix + id, d_in: sizes.dIn, d_sae: sizes.dSae, d_out: sizes.dOut, sources: sizes.sources, dtype: 'float32', config, metadata,
  });
}

/** Reads a folder of `writeOwn`. Kinds: bad-file (fields, tensors), bad-request (unknown variant), not-finite. */
export function readOwn(folder: string): { readonly variant: AnyVariant; readonly weights: OwnWeights; readonly metadata: unknown } {
  const path = join(folder, configFile);
  const parsed = configSchema.safeParse(readJson(path));
  if (!parsed.success) throw new LoupeError('bad-file', `${path}: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}. Save the dictionary again.`);
  const { architecture, d_in: dIn, d_sae: dSae, d_out: dOut, sources, config, metadata } = parsed.data;
  const variant = variantById(architecture.slice(prefix.length));
  const own = variant.config.safeParse(config);
  if (!own.success) throw new LoupeError('bad-file', `${path}: config.${own.error.issues[0]!.path.join('.')}: ${own.error.issues[0]!.message}. Save the dictionary again.`);
  const sizes = { dIn, dSae, dOut, sources };
  const tensors = readTensors(folder);
  const take = (name: string, length: number): Float32Array => {
    const found = tensors[name];
    if (found?.data.length !== length) throw new LoupeError('bad-file', `${join(folder, weightsFile)} has no tensor ${name} [${length}]. Save the dictionary again.`);
    delete tensors[name];
    return found.data;
  };
  const [inputScale, outputScale] = [take(inputScaleKey!, dIn), take(outputScaleKey!, dOut)];
  checkShapes(tensors, sizes, folder);
  return { variant, weights: { sizes, config: own.data as Record<string, unknown>, tensors, inputScale, outputScale }, metadata };
}

function readTensors(folder: string): Record<string, StoredTensor> {
  const file = openSafetensors(join(folder, weightsFile));
  try {
    return Object.fromEntries([...file.entries].map(([name, { shape }]) => [name, { shape, data: file.readFloat32(name) }]));
  } finally {
    file.close();
  }
}

/** Rows of encoder and decoder are those that cfg.json says; nothing is infinite. */
function checkShapes(tensors: Readonly<Record<string, StoredTensor>>, { dIn, dSae, dOut }: OwnWeights['sizes'], folder: string): void {
  const expected: Readonly<Record<string, string>> = { wEnc: `${dSae},${dIn}`, wDec: `${dSae},${dOut}`, bEnc: `${dSae}`, bDec: `${dOut}` };
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (name in expected && shape.join() !== expected[name]) {
      throw new LoupeError('bad-file', `${join(folder, weightsFile)}: ${name} is [${shape.join(', ')}], and cfg.json wants [${expected[name]}]. Save the dictionary again.`);
    }
    if (data.some((value) => !Number.isFinite(value))) throw new LoupeError('not-finite', `${join(folder, weightsFile)}: ${name} holds a value that is not finite. Use an earlier checkpoint.`);
  }
}
