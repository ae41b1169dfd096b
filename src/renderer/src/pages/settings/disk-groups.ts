/** The things of a workspace by kind, for the list of disk use. Pure. */
import type { DiskItem, DiskKind } from '../../../../shared/schema/disk.ts';

export const kindTitles: Readonly<Record<DiskKind, { readonly many: string; readonly one: string }>> = {
  model: { many: 'Models', one: 'model' },
  store: { many: 'Activation stores', one: 'store' },
  dictionary: { many: 'Dictionaries', one: 'dictionary' },
  catalog: { many: 'Catalogs', one: 'catalog' },
  corpus: { many: 'Corpora', one: 'corpus' },
  run: { many: 'Runs', one: 'run' },
  leftover: { many: 'Left over from broken runs', one: 'leftover' },
};

export interface DiskGroup {
  readonly kind: DiskKind;
  readonly title: string;
  readonly items: readonly DiskItem[];
  /** Bytes inside the workspace, and bytes of linked things outside. */
  readonly own: number;
  readonly linked: number;
}

/** Kinds that have something, the one that takes most of the workspace first; each with its biggest thing first. */
export function groupItems(items: readonly DiskItem[]): DiskGroup[] {
  const sum = (of: readonly DiskItem[], linked: boolean): number => of.reduce((total, item) => total + (item.linked === linked ? item.bytes : 0), 0);
  return [...Map.groupBy(items, (item) => item.kind)]
    .map(([kind, of]) => ({ kind, title: kindTitles[kind].many, items: of.toSorted((a, b) => b.bytes - a.bytes), own: sum(of, false), linked: sum(of, true) }))
    .sort((a, b) => b.own - a.own || b.linked - a.linked);
}
