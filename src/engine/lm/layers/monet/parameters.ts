/** How many parameters a Monet layer and model have, by formula (Park et al. 2024, arXiv 2412.04139, section 3 and table 1). */

export interface MonetShape {
  /** Sub-experts of a half: s^2 experts. */
  readonly s: number;
  /** Hidden units of an expert. */
  readonly m: number;
  readonly dModel: number;
}

/** Of one layer's s^2 experts, in either decomposition: 2 s m d + s m + s d. */
export function expertParameters({ s, m, dModel }: MonetShape): number {
  return 2 * s * m * dModel + s * m + s * dModel;
}

/** Of a group's router: 2 d heads s. */
export function routerParameters(s: number, heads: number, dModel: number): number {
  return 2 * dModel * heads * s;
}

/** What s^2 experts would have without the decomposition: s^2 (2 m d + m + d). */
export function explicitParameters({ s, m, dModel }: MonetShape): number {
  return s * s * (2 * m * dModel + m + dModel);
}

export interface MonetModelShape extends MonetShape {
  readonly layers: number;
  /** Routing heads. */
  readonly heads: number;
  /** Layers that share a router. */
  readonly group: number;
  readonly vocab: number;
}

/** Parameters of a model by part: attention 4 d^2 a layer, embedding and unembedding apart; norms are left out, as in the published totals. */
export function monetModelParameters(shape: MonetModelShape): Readonly<Record<'embeddings' | 'attention' | 'experts' | 'routers' | 'total', number>> {
  const { layers, heads, group, vocab, dModel, s } = shape;
  const embeddings = 2 * vocab * dModel;
  const attention = layers * 4 * dModel ** 2;
  const experts = layers * expertParameters(shape);
  const routers = Math.ceil(layers / group) * routerParameters(s, heads, dModel);
  return { embeddings, attention, experts, routers, total: embeddings + attention + experts + routers };
}
