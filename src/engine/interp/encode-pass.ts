/** The one pass over a store: every row through the dictionary, block by block, to codes on disk. A block that is there is not made again. */
import { LoupeError } from '../../shared/errors.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import type { ActivationStore } from '../store/types.ts';
import { hasBlock, writeBlock } from './codes.ts';
import type { CodedBatch } from './codes.ts';

/** Rows encoded in one call, and rows in one block, about. They are part of the build's key: other batches may round differently. */
export const batchRows = 4096;
export const blockRows = 32_768;

export interface BlockPlan {
  readonly batchContexts: number;
  readonly blockContexts: number;
  readonly blocks: number;
}

/** How a store is cut into blocks, and a block into batches. */
export function planBlocks(contexts: number, contextLength: number): BlockPlan {
  const batchContexts = Math.max(1, Math.floor(batchRows / contextLength));
  const blockContexts = batchContexts * Math.max(1, Math.floor(blockRows / (batchContexts * contextLength)));
  return { batchContexts, blockContexts, blocks: Math.ceil(contexts / blockContexts) };
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new LoupeError('cancelled', 'the build was stopped. Run it again to go on where it stopped.');
}

/** Encodes whatever blocks are missing in `folder`. Kinds cancelled, not-finite, no-space. */
export async function encodeStore(
  store: ActivationStore, hook: string, dictionary: Dictionary, folder: string, context: Pick<JobContext, 'signal' | 'progress'>,
): Promise<BlockPlan> {
  const { contexts, contextLength } = store.manifest;
  const plan = planBlocks(contexts, contextLength);
  const start = performance.now();
  let encoded = 0;
  for (let block = 0; block < plan.blocks; block++) {
    const first = block * plan.blockContexts;
    const end = Math.min(contexts, first + plan.blockContexts);
    if (hasBlock(folder, block)) continue;
    const batches: CodedBatch[] = [];
    for (let at = first; at < end; at += plan.batchContexts) {
      await breathe();
      throwIfStopped(context.signal);
      batches.push(encodeBatch(store, hook, dictionary, at, Math.min(plan.batchContexts, end - at)));
      encoded += batches.at(-1)!.codes.rows;
      const perSecond = (1000 * encoded) / (performance.now() - start);
      const done = Math.min(end, at + plan.batchContexts) * contextLength;
      const total = contexts * contextLength;
      context.progress({ phase: 'encode', step: done, total, tokensPerSecond: perSecond, etaSeconds: (total - done) / perSecond, metrics: {}, message: null });
    }
    writeBlock(folder, block, batches, dictionary.dSae);
  }
  return plan;
}

function encodeBatch(store: ActivationStore, hook: string, dictionary: Dictionary, first: number, n: number): CodedBatch {
  const { contextLength } = store.manifest;
  const x = store.activations(hook, first, n);
  const codes = dictionary.encode(x, n * contextLength);
  return { firstRow: first * contextLength, codes, mask: store.mask(first, n) };
}
