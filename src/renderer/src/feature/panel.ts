/** What a panel of the feature page is. */
import type { Component } from 'svelte';
import type { Feature } from '../../../shared/schema/catalog.ts';

export interface PanelProps {
  readonly feature: Feature;
  /** Goes to another feature of the same source. */
  readonly onopen: (index: number) => void;
}

interface PanelPlace {
  readonly id: string;
  readonly title: string;
  /** What it shows, on hover of its title. */
  readonly meaning: string;
  /**
   * `facts`: small, seen first. `main`: as wide as the page allows, below or beside the facts. `more`: small again, after those; drawn a moment
   * after the rest, and only when it is in sight.
   */
  readonly place: 'facts' | 'main' | 'more';
  /** Takes the whole line where small panels stand two in a line. */
  readonly wide?: boolean;
  /** Closed until somebody opens it. */
  readonly closed?: boolean;
}

/** `component` is there at once; `load` is fetched when the panel is first open and in sight. */
export type PanelDefinition = PanelPlace & (
  | { readonly component: Component<PanelProps> }
  | { readonly load: () => Promise<{ default: Component<PanelProps> }> }
);
