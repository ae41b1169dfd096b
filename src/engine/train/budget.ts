/** What a run needs before it starts: memory, disk and time; and a fit where it does not. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { Sizes } from '../sae/definition.ts';
import type { TrainConfig } from './config.ts';

const float = 4;
/** Entries of the pre-activation blocks of the fused step (ops/top-k.ts), twice: one block is made while one is selected from. */
const blockEntries = 2 * 8 * 1024 * 1024;
/** The encoder once more, packed in bfloat16, where the processor has a product for it (ops/low-precision.ts). */
const packedBytes = 2;
/** Dense copies of the latents that autograd keeps at once: pre-activations, latents, their mask and their gradients. */
const denseCopies = 6;
/** Of free memory that a run may take: the rest is for everything that is not counted here. */
const usable = 0.9;

export interface Needs {
  /** bytes */
  readonly memory: number;
  /** bytes: two checkpoints, one more while it is written, and the dictionary */
  readonly disk: number;
  /** The largest parts of the memory, bytes. */
  readonly parts: Readonly<Record<'weights' | 'step' | 'data', number>>;
}

export interface Room {
  /** bytes that can be had without swapping */
  readonly memory: number;
  /** bytes free where the run is written */
  readonly disk: number;
}

type Dimensions = Pick<TrainConfig, 'batch' | 'fused' | 'bufferRows'>;

/** Weights and both moments of encoder, decoder, biases; what a step holds; what the source holds. `fused`: the step makes no dense latents. */
export function needsOf(config: Dimensions, { dIn, dSae, dOut }: Sizes, fused: boolean): Needs {
  const { batch } = config;
  const weights = float * (dSae * (dIn + dOut + 1) + dOut);
  const rows = float * batch * (2 * dIn + 3 * dOut);
  const step = rows + (fused ? float * Math.min(blockEntries, 2 * batch * dSae) + packedBytes * dSae * dIn : float * denseCopies * batch * dSae + 2 * weights);
  const data = float * dIn * ((config.bufferRows ?? 20 * batch) + 2 * 50_000);
  return { memory: 3 * weights + step + data, disk: 3 * 3 * weights + weights, parts: { weights: 3 * weights, step, data } };
}

/** What this machine has now. `folder` need not exist yet. */
export function roomAt(folder: string): Room {
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return { memory: availableMemory(), disk: bavail * bsize };
}

/** Bytes that can be had without swapping. On Linux memory that is only cache counts as available, and a control group's limit binds. */
export function availableMemory(): number {
  try {
    const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return available === undefined ? freemem() : Math.min(Number(available) * 1024, groupLimit());
  } catch {
    return freemem();
  }
}

function groupLimit(): number {
  const limit = (name: string): number => Number.parseInt(readFileSync(`/sys/fs/cgroup/${name}`, 'utf8'), 10);
  try {
    const [most, used] = [limit('memory.max'), limit('memory.current')];
    return Number.isFinite(most) ? Math.max(0, most - used) : Infinity;
  } catch {
    return Infinity;
  }
}

export const mib = (bytes: number): string => (bytes < 10 * 2 ** 20 ? `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB` : `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`);

/**
 * Refuses a run that does not fit, and says what would.
 *
 * Kinds: out-of-memory (names the largest width and batch that fit), no-space.
 */
export function refuseOverBudget(config: Dimensions, sizes: Sizes, fused: boolean, room: Room): void {
  const needs = needsOf(config, sizes, fused);
  if (needs.disk > room.disk) {
    throw new LoupeError('no-space', `the run needs ${mib(needs.disk)} of disk space for checkpoints and the dictionary, and ${mib(room.disk)} are free there. Free some, choose another folder, or lower dSae (${sizes.dSae}).`);
  }
  if (needs.memory <= usable * room.memory) return;
  const { weights, step, data } = needs.parts;
  throw new LoupeError(
    'out-of-memory',
    `the run needs ${mib(needs.memory)} of memory (weights and moments ${mib(weights)}, a step ${mib(step)}, the shuffle buffer ${mib(data)}), and ${mib(usable * room.memory)} can be used. ${proposal(config, sizes, fused, room)}`,
  );
}

/** The largest halving of batch, or else of the width, that fits. */
function proposal(config: Dimensions, sizes: Sizes, fused: boolean, room: Room): string {
  const fits = (changed: Dimensions, dSae: number): boolean => needsOf(changed, { ...sizes, dSae }, fused).memory <= usable * room.memory;
  for (let batch = config.batch >> 1; batch >= 256; batch >>= 1) {
    if (fits({ ...config, batch, bufferRows: null }, sizes.dSae)) return `A batch of ${batch} in place of ${config.batch} fits.`;
  }
  for (let dSae = sizes.dSae >> 1; dSae >= 64; dSae >>= 1) {
    if (fits({ ...config, bufferRows: null }, dSae)) return `dSae ${dSae} in place of ${sizes.dSae} fits.`;
  }
  return 'Close other programs first.';
}

export interface Expectation extends Needs {
  readonly secondsPerStep: number;
  /** Of the whole run, seconds. */
  readonly seconds: number;
}

/** The time of the whole run from the last of a few probed steps (the first ones warm caches up). `stepSeconds` of at least one step. */
export function expectTime(needs: Needs, stepSeconds: readonly number[], steps: number): Expectation {
  const settled = stepSeconds.slice(Math.min(1, stepSeconds.length - 1));
  const secondsPerStep = settled.reduce((sum, seconds) => sum + seconds, 0) / settled.length;
  return { ...needs, secondsPerStep, seconds: secondsPerStep * steps };
}
