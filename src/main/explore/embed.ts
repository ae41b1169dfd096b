/**
 * Embedding a catalog: each feature's text (its label, else words of its strongest examples) through a sentence encoder into the catalog.
 *
 * Only what has no direction yet, or that of another text, is encoded: run again after labelling, or after a stop, it does what is left.
 */
import type { JobContext } from '../../engine/job.ts';
import type { WireTensor } from '../../shared/schema/tensor.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CatalogClient } from '../catalog/client.ts';
import type { FeatureText, StaleTexts } from '../catalog/meaning.ts';

/** The engine's answer, whichever process it runs in. */
export interface Encoded {
  readonly name: string;
  readonly hash: string;
  readonly dim: number;
  /** float32 [texts * dim] */
  readonly vectors: WireTensor;
}

export type EncodeTexts = (folder: string, texts: readonly string[]) => Promise<Encoded>;

/** Features a page: a second or so of encoding, one transaction. */
const page = 128;

/** Vectors of all texts: those of kind `none` are zeros and are not encoded. */
async function vectorsOf(texts: readonly FeatureText[], folder: string, encode: EncodeTexts): Promise<{ encoded: Encoded; vectors: Float32Array }> {
  const asked = texts.filter(({ kind }) => kind !== 'none');
  const encoded = await encode(folder, asked.map(({ text }) => text));
  const vectors = new Float32Array(texts.length * encoded.dim);
  let from = 0;
  texts.forEach(({ kind }, i) => {
    if (kind !== 'none') vectors.set((encoded.vectors.data as Float32Array).subarray(from, (from += encoded.dim)), i * encoded.dim);
  });
  return { encoded, vectors };
}

/**
 * Embeds what wants it of a source. Result: {encoder, dim, embedded, kept}. Kinds: read-only, not-found (the source), cancelled, and those
 * of the encoder.
 */
export async function embedCatalog(
  catalog: CatalogClient, source: number, folder: string, encode: EncodeTexts, context: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Record<string, unknown>> {
  if (catalog.readOnly) throw new LoupeError('read-only', `${catalog.path} cannot be changed. Copy it to your workspace to embed its texts.`);
  const { name, hash, dim } = await encode(folder, []);
  const known = (await catalog.ask('explore.meaningStates', { source })).find((state) => state.hash === hash);
  const features = (await catalog.info()).sources.find(({ id }) => id === source)?.features ?? 0;
  const total = known?.stale ?? features;
  const from = performance.now();
  let embedded = 0;
  for (let after: number | null = -1; after !== null;) {
    if (context.signal.aborted) throw new LoupeError('cancelled', 'embedding was stopped. Run it again to do what is left.');
    const { texts, next }: StaleTexts = await catalog.ask('explore.staleTexts', { source, encoder: hash, after, limit: page });
    if (texts.length > 0) {
      const { encoded, vectors } = await vectorsOf(texts, folder, encode);
      await catalog.change('explore.addDirections', { source, encoder: { name: encoded.name, hash, dim }, texts, vectors });
    }
    embedded += texts.length;
    after = next;
    const left = embedded > 0 ? ((performance.now() - from) / 1000 / embedded) * Math.max(0, total - embedded) : null;
    context.progress({ phase: 'embed', step: embedded, total: Math.max(total, embedded), tokensPerSecond: null, etaSeconds: left, metrics: {}, message: null });
  }
  return { encoder: name, dim, embedded, kept: known === undefined ? 0 : known.embedded };
}
