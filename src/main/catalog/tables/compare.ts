/** What a comparison reads of many features at once: where examples lie, labels, densities. */
import { asInt32, limits } from '../blobs.ts';
import { blob, integer, text } from '../cells.ts';
import type { ReadHandle } from '../handle.ts';

/** The tokens of every context in which a source has examples. */
export function* exampleContextTokens(db: ReadHandle, source: number): Generator<{ id: number; tokens: Int32Array }> {
  for (const [id, tokens] of db.each('SELECT id, tokens FROM contexts WHERE id IN (SELECT DISTINCT context FROM examples WHERE source = ?)', source)) {
    const row = { id, tokens };
    yield { id: integer(row, 'id'), tokens: asInt32(blob(row, 'tokens', 4, 4 * limits.contextTokens)) };
  }
}

/** Where each example of a source has its peak: the position in its context. */
export function* examplePeaks(db: ReadHandle, source: number): Generator<{ feature: number; context: number; peak: number }> {
  for (const [feature, context, peak] of db.each('SELECT feature, context, peak FROM examples WHERE source = ?', source)) {
    yield { feature: Number(feature), context: Number(context), peak: Number(peak) };
  }
}

export interface ShownLabel {
  readonly index: number;
  readonly text: string;
  readonly kind: string;
  readonly author: string;
}

/** The labels that a source shows, by feature. */
export function shownLabels(db: ReadHandle, source: number): ShownLabel[] {
  return db.all('SELECT f.idx, l.text, l.kind, l.author FROM features f JOIN labels l ON l.id = f.label_id WHERE f.source = ? AND f.labelled = 1 ORDER BY f.idx', source).map((row) => ({
    index: integer(row, 'idx'), text: text(row, 'text', limits.label), kind: text(row, 'kind', 20), author: text(row, 'author', limits.author),
  }));
}
