/** What the Experts page shows, as it stands in the address: `#/experts/MODEL?run=...&layer=2&expert=17`. Pure. */

export interface ExpertsView {
  /** The run that attributed the experts; empty: the latest of the model. */
  readonly run: string;
  readonly layer: number;
  readonly expert: number | null;
}

const number = (text: string | undefined): number | null => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null);

export function parseView(query: Readonly<Record<string, string>>): ExpertsView {
  return { run: query.run ?? '', layer: number(query.layer) ?? 0, expert: number(query.expert) };
}

/** The inverse of `parseView`; defaults are left out. */
export function viewAddress({ run, layer, expert }: ExpertsView): Record<string, string> {
  return { run, layer: layer === 0 ? '' : String(layer), expert: expert === null ? '' : String(expert) };
}
