/** What a run needs: memory, and floating-point operations. */
import { LoupeError } from '../../../shared/errors.ts';
import { mib, type Room } from '../../train/budget.ts';
import { expectNative } from '../fused.ts';
import { ownConfigSchema, shapeOf, type OwnShape } from '../own/config.ts';
import { countParameters } from '../own/parameters.ts';

const float = 4;
/** Of free memory that a run may take. */
export const usable = 0.9;
/** The runtime, and what a process holds beside the model: bytes. */
const base = 570 * 2 ** 20;
/**
 * Numbers that the tape and the gradients take of a token in a block, as multiples of the width of the residual stream, of the layer's units, and of
 * attention's scores [heads, context].
 *
 * With the kernels, d 256, contexts of 256, 8,192 tokens: a dense block takes 9,900 numbers a token, of which these make 10,240; dense, Switch, MoE-X, Monet and
 * CRATE of 1 to 6 blocks peak at 0.90 to 1.02 of the whole estimate. In stock ops the dense desktop-text in batches of 16 peaks at 1.32 GiB with one block and
 * 3.02 GiB with four: 34,700 numbers a token and block, of which those make 34,560.
 */
const withKernels = { stream: 24, unit: 4, score: 0 } as const;
const inStockOps = { stream: 60, unit: 10, score: 10 } as const;
/** Copies of the logits: log-softmax, its gradient. */
const logitCopies = 4;

export interface LmNeeds {
  /** bytes, all together */
  readonly memory: number;
  /** bytes: weights, gradients and Adam's two moments */
  readonly weights: number;
  /** bytes that a forward pass of `batch` contexts leaves for the backward pass */
  readonly step: number;
  /** bytes: two checkpoints, one more while it is written, and the model */
  readonly disk: number;
}

/** An estimate from shapes. */
export function lmNeeds(shape: OwnShape, batch: number): LmNeeds {
  const { total } = countParameters(shape);
  const { layers, dModel, heads, context, vocab } = shape.size;
  const units = shape.kind.units(shape.layer, shape.size);
  const tokens = batch * context;
  // A kind that computes few of its units for a token says so by its active parameters: those that read and write are 2 dModel a unit.
  const active = Math.min(units, Math.ceil(shape.kind.active(shape.layer, shape.size, 0) / (2 * dModel)));
  const copies = expectNative('LoupeLinearGrad') ? withKernels : inStockOps;
  const held = shape.kind.held?.(shape.layer, shape.size) ?? copies.unit * active;
  const weights = 4 * float * total;
  const step = float * tokens * (layers * (copies.stream * dModel + held + copies.score * heads * context) + logitCopies * vocab);
  return { memory: base + weights + step, weights, step, disk: float * total * (3 * 3 + 1) };
}

/** Floating-point operations of training on one token: 6 for each active parameter that multiplies, and attention's (Chowdhery et al. 2022, 2204.02311, appendix B). */
export function flopsPerToken(shape: OwnShape): number {
  const { active, embedding, positions, unembedding } = countParameters(shape);
  const { layers, dModel, context, vocab } = shape.size;
  const multiplied = active - embedding - positions - unembedding + vocab * dModel;
  return 6 * multiplied + 12 * layers * dModel * context;
}

/** Kinds: out-of-memory says what would fit, no-space. */
export function refuseOverLmBudget(shape: OwnShape, batch: number, room: Room): void {
  const needs = lmNeeds(shape, batch);
  if (needs.disk > room.disk) throw new LoupeError('no-space', `the run needs ${mib(needs.disk)} of disk space for checkpoints and the model, and ${mib(room.disk)} are free there. Free some, or choose another folder.`);
  if (needs.memory <= usable * room.memory) return;
  const what = `the run needs ${mib(needs.memory)} of memory (weights, gradients and moments ${mib(needs.weights)}, a batch of ${batch} contexts ${mib(needs.step)}), and ${mib(usable * room.memory)} can be used.`;
  throw new LoupeError('out-of-memory', `${what} ${proposal(shape, batch, room)}`);
}

/** The largest halving of the batch, or else of the depth and width, that fits. */
function proposal(shape: OwnShape, batch: number, room: Room): string {
  const fits = (other: OwnShape, contexts: number): boolean => lmNeeds(other, contexts).memory <= usable * room.memory;
  for (let smaller = batch >> 1; smaller >= 1; smaller >>= 1) if (fits(shape, smaller)) return `A batch of ${smaller} fits; accumulate makes up for it.`;
  const { heads } = shape.size;
  for (let { layers, dModel } = shape.size; layers > 1 && dModel > 2 * heads; layers >>= 1, dModel = heads * Math.max(1, Math.round(dModel / (2 * heads)))) {
    const candidate = smallerShape(shape, layers, dModel);
    if (candidate !== null && fits(candidate, 1)) return `${layers} layers of width ${dModel} and a batch of 1 fit; the desktop presets are made for such a machine.`;
  }
  return 'Choose a desktop preset, or close other programs first.';
}

function smallerShape(shape: OwnShape, layers: number, dModel: number): OwnShape | null {
  const config = ownConfigSchema.safeParse({ ...shape.config, layers, dModel });
  try {
    return config.success ? shapeOf(config.data) : null;
  } catch {
    return null; // the kind refuses the size
  }
}
