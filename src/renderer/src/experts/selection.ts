/** Experts that are marked, by layer: what a purge will switch off. Pure; a change gives a new selection. */
import type { LayerExperts } from '../../../shared/schema/experts.ts';

export type Selection = ReadonlyMap<number, ReadonlySet<number>>;

export const emptySelection: Selection = new Map();

export function selectedCount(selection: Selection): number {
  return [...selection.values()].reduce((sum, set) => sum + set.size, 0);
}

/** `how`: these alone in their layer, these too, or without these; other layers stay. */
export function withExperts(selection: Selection, layer: number, experts: Iterable<number>, how: 'only' | 'add' | 'remove' | 'toggle'): Selection {
  const set = new Set(how === 'only' ? [] : selection.get(layer));
  for (const expert of experts) {
    if (how === 'remove' || (how === 'toggle' && set.has(expert))) set.delete(expert);
    else set.add(expert);
  }
  const next = new Map(selection);
  if (set.size === 0) next.delete(layer);
  else next.set(layer, set);
  return next;
}

/** Every expert of a domain in all layers; `owners` of each layer, -1 where none. */
export function ofDomain(owners: readonly ArrayLike<number>[], domain: number): Selection {
  const next = new Map<number, ReadonlySet<number>>();
  owners.forEach((own, layer) => {
    const set = new Set<number>();
    for (let expert = 0; expert < own.length; expert++) if (own[expert] === domain) set.add(expert);
    if (set.size > 0) next.set(layer, set);
  });
  return next;
}

function firstOf(set: ReadonlySet<number>): number {
  for (const expert of set) return expert;
  return -1;
}

function isAllOf(owners: ArrayLike<number>, domain: number, set: ReadonlySet<number>): boolean {
  let count = 0;
  for (let expert = 0; expert < owners.length; expert++) if (owners[expert] === domain) count++;
  if (count !== set.size) return false;
  for (const expert of set) if (owners[expert] !== domain) return false;
  return true;
}

/** The domain whose experts the selection is, all of them and no other; null where it is of none. */
export function domainOf(selection: Selection, owners: readonly ArrayLike<number>[], domains: number): number | null {
  const [layer, set] = [...selection][0] ?? [0, new Set<number>()];
  const domain = owners[layer]?.[firstOf(set)] ?? -1;
  if (domain < 0 || domain >= domains) return null;
  return owners.every((own, at) => isAllOf(own, domain, selection.get(at) ?? new Set())) ? domain : null;
}

/** The layer of which nothing would be left, or null. */
export function emptiedLayer(selection: Selection, experts: number): number | null {
  return [...selection].find(([, set]) => set.size >= experts)?.[0] ?? null;
}

/** As jobs and questions take it: bit e % 8, counted from the lowest, of byte e / 8 is expert e, in base64. */
export function asBits(selection: Selection, experts: number): LayerExperts[] {
  return [...selection].sort(([a], [b]) => a - b).map(([layer, set]) => {
    const bytes = new Uint8Array(Math.ceil(experts / 8));
    for (const expert of set) bytes[expert >> 3]! |= 1 << (expert & 7);
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return { layer, experts: btoa(text) };
  });
}

/** Pair (i, j) of Monet, or the expert's number. */
export function expertName(expert: number, layout: 'square' | 'list', experts: number): string {
  if (layout === 'list') return `expert ${expert}`;
  const side = Math.round(Math.sqrt(experts));
  return `expert (${Math.floor(expert / side)}, ${expert % side})`;
}
