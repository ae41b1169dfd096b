/** Where a pass first holds a value that is not finite: what is said when a loss becomes NaN. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { scoped } from '../../ops/scope.ts';
import { forward, type Decoder } from '../decoder.ts';
import type { HookTable } from '../hook-names.ts';
import { HookRun } from '../hook-run.ts';
import type { TokenContexts } from './token-files.ts';

function isFinite(tensor: Tensor): boolean {
  // x - x is 0 for every finite x, and NaN otherwise.
  return scoped(() => Number(tf.sum(tf.abs(tf.sub(tensor, tensor))).dataSync()[0]) === 0);
}

/** The first name of these whose tensor, float32 of any shape like [rows, d], is not finite; null when all are. */
export function firstNotFinite(tensors: Iterable<readonly [string, Tensor]>): string | null {
  for (const [name, tensor] of tensors) if (!isFinite(tensor)) return name;
  return null;
}

/** Values of one hook that are held at most: wider ones (a code of every expert) are left to the hooks around them. */
const mostValues = 1 << 26;

/** Hooks in the order of a pass at which a value is looked at; attention patterns are -infinity by design. */
function lookedAt(table: HookTable, tokens: number): string[] {
  return table.names.filter((name) => {
    const width = table.width(name);
    return width !== null && width * tokens <= mostValues && !name.includes('.attn.');
  });
}

/** The first hook of a pass over the contexts whose value is not finite; "the logits", or null when all are finite. */
export function firstBadHook(decoder: Decoder, table: HookTable, { tokens, batch, length }: TokenContexts): string | null {
  return scoped(() => {
    const run = new HookRun(table, { batch, length }, { names: lookedAt(table, tokens.length) }, true);
    const logits = forward(decoder, { tokens, batch, length, run, layers: decoder.config.layers, logits: true })!;
    try {
      return firstNotFinite(run.cache) ?? (isFinite(logits) ? null : 'the logits');
    } finally {
      run.disposeCache();
    }
  });
}
