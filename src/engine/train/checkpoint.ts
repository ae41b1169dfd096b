/**
 * Checkpoints of a run: a folder each, made aside and renamed, so that one is either whole or not there. The last two are kept.
 *
 * With the same config, the state here determines every later step bit for bit: all random numbers are drawn from streams named
 * after the seed and the place in the data, so the place stands for their state.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { makeFolderAtomic, writeJsonAtomic } from '../files/atomic.ts';
import { openSafetensors, openSafetensorsWriter } from '../formats/safetensors.ts';
import { readJson } from '../formats/sae-lens.ts';
import type { Trainer } from './trainer.ts';

const kept = 2;

const metaSchema = z.strictObject({
  format: z.literal('loupe-checkpoint'),
  version: z.literal(1),
  /** Steps done. */
  step: z.int().min(0),
  tokensSeen: z.int().min(0),
  /** Training time so far, seconds. */
  seconds: z.number().min(0),
  position: z.record(z.string(), z.union([z.number(), z.string(), z.array(z.number()).readonly()])),
  /** Of dictionaries: factor from raw activations to scaled ones. */
  scale: z.number().positive().optional(),
  /** Of dictionaries: total variance a row, scaled units. */
  variance: z.number().positive().optional(),
  backend: z.string(),
});

export type CheckpointMeta = z.infer<typeof metaSchema>;

function nameOf(step: number): string {
  return `step-${String(step).padStart(9, '0')}`;
}

/** Names of whole checkpoints below `folder`, oldest first. */
function listCheckpoints(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => /^step-\d{9}$/.test(name)).sort();
}

/** Writes the state after `meta.step` steps, then removes all but the last two checkpoints and what a crash left behind. */
export function writeCheckpoint(folder: string, meta: Omit<CheckpointMeta, 'format' | 'version'>, trainer: Pick<Trainer, 'state'>): void {
  const path = join(folder, nameOf(meta.step));
  if (existsSync(path)) return;
  makeFolderAtomic(path, (aside) => {
    writeTensors(join(aside, 'state.safetensors'), trainer.state());
    writeJsonAtomic(join(aside, 'state.json'), { format: 'loupe-checkpoint', version: 1, ...meta });
  });
  const whole = listCheckpoints(folder);
  const keep = new Set(whole.slice(-kept));
  for (const name of readdirSync(folder)) if (!keep.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

function writeTensors(path: string, state: Record<string, Tensor>): void {
  const dtypes = { float32: 'F32', int32: 'I32' } as const;
  try {
    const specs = Object.entries(state).map(([name, { dtype, shape }]) => ({ name, dtype: dtypes[dtype as 'float32' | 'int32'], shape }));
    const writer = openSafetensorsWriter(path, specs);
    for (const [name, tensor] of Object.entries(state)) writer.write(name, tensor.dataSync() as Float32Array | Int32Array);
    writer.finish();
  } finally {
    tf.dispose(Object.values(state));
  }
}

/**
 * The newest checkpoint that can be read, or null. One that is broken is reported to `log` and the one before it is used.
 * `restore` is given the state's tensors, which are disposed afterwards. Kind mismatch from `restore` ends the search.
 */
export function readCheckpoint(
  folder: string, log: (line: string) => void, restore: (meta: CheckpointMeta, state: Readonly<Record<string, Tensor>>) => void,
): CheckpointMeta | null {
  for (const name of listCheckpoints(folder).reverse()) {
    try {
      const path = join(folder, name);
      const meta = metaSchema.parse(readJson(join(path, 'state.json')));
      withTensors(join(path, 'state.safetensors'), (state) => restore(meta, state));
      return meta;
    } catch (error) {
      if (error instanceof LoupeError && error.kind === 'mismatch') throw error;
      log(`checkpoint ${name} cannot be used (${(error as Error).message}); trying the one before`);
    }
  }
  return null;
}

function withTensors(path: string, use: (state: Record<string, Tensor>) => void): void {
  const file = openSafetensors(path);
  const state: Record<string, Tensor> = {};
  try {
    for (const [name, { dtype, shape }] of file.entries) {
      const values = dtype === 'I32' ? file.readInt32(name) : file.readFloat32(name);
      state[name] = tf.tensor(values, [...shape], dtype === 'I32' ? 'int32' : 'float32');
    }
    use(state);
  } finally {
    tf.dispose(Object.values(state));
    file.close();
  }
}

/** Removes all checkpoints: the run is finished. */
export function removeCheckpoints(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
