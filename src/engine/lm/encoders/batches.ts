/** Texts of any lengths as padded batches: texts of like length share one, so that little is computed for padding. */
import type { PaddedBatch } from './definition.ts';

/** Tokens of one batch, padding included: a few MB of activations for a small encoder. */
const batchTokens = 4096;

export interface TextBatch extends PaddedBatch {
  /** Which text each row is, int32 [batch]. */
  readonly rows: Int32Array;
}

/** `ids`, int32 [tokens], as int32 [at most `most`]: of a longer text the first ones, and its closing token. */
export function cut(ids: Int32Array, most: number): Int32Array {
  if (ids.length <= most) return ids;
  const out = ids.slice(0, most);
  out[most - 1] = ids.at(-1)!;
  return out;
}

/** Batches over `texts`, int32 [tokens] each, shortest texts first; a text without tokens is one of padding. */
export function* paddedBatches(texts: readonly Int32Array[], padTokenId: number, tokens: number = batchTokens): Generator<TextBatch> {
  const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length || a - b);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && (to + 1 - from) * texts[order[to]!]!.length <= tokens) to++;
    yield padded(texts, order.slice(from, to), padTokenId);
    from = to;
  }
}

function padded(texts: readonly Int32Array[], rows: readonly number[], padTokenId: number): TextBatch {
  const length = Math.max(1, ...rows.map((row) => texts[row]!.length));
  const ids = new Int32Array(rows.length * length).fill(padTokenId);
  const mask = new Float32Array(ids.length);
  rows.forEach((row, i) => {
    ids.set(texts[row]!, i * length);
    mask.fill(1, i * length, i * length + texts[row]!.length);
  });
  return { rows: Int32Array.from(rows), batch: rows.length, length, ids, mask };
}
