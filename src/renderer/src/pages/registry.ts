/** Every page: one line each. The rail, the palette and the G keys come from here; a page's code is loaded when it is first shown, or ahead. */
import type { Component } from 'svelte';
import type { IconName } from '../components/icons.ts';
import { labelOffers } from './label/offers.ts';
import { featuresOffers, modelsOffers, promptOffers, runsOffers, settingsOffers, sparsityOffers, workspaceOffers, type Offer } from './offers.ts';

export interface PageDefinition {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  /** The letter after G. */
  readonly letter: string | null;
  /** Where it stands: in the rail, at its foot, in the tab strip of its parent (components/ModelTabs.svelte), or only reached from another page. */
  readonly place: 'rail' | 'foot' | 'tab' | 'hidden';
  /** The page of the rail that it belongs to: the rail marks that one as current. A tab takes what follows its parent in the address, e.g. a model's path. */
  readonly parent?: string;
  /** What can be done there, for the palette of other pages. */
  readonly offers?: readonly Offer[];
  /** Its code is fetched while nothing else happens, so that it opens at once. */
  readonly ahead?: boolean;
  readonly load: () => Promise<{ default: Component }>;
}

export const pages: readonly PageDefinition[] = [
  { id: 'workspace', title: 'Workspace', icon: 'workspace', letter: 'W', place: 'rail', offers: workspaceOffers, load: () => import('./workspace/Page.svelte') },
  { id: 'runs', title: 'Runs', icon: 'runs', letter: 'R', place: 'rail', offers: runsOffers, load: () => import('./runs/Page.svelte') },
  { id: 'features', title: 'Features', icon: 'features', letter: 'F', place: 'rail', offers: featuresOffers, ahead: true, load: () => import('./features/Page.svelte') },
  { id: 'label', title: 'Label', icon: 'label', letter: 'L', place: 'rail', offers: labelOffers, ahead: true, load: () => import('./label/Page.svelte') },
  { id: 'feature', title: 'Feature', icon: 'features', letter: null, place: 'hidden', parent: 'features', ahead: true, load: () => import('./feature/Page.svelte') },
  { id: 'prompt', title: 'Prompt', icon: 'prompt', letter: 'P', place: 'rail', offers: promptOffers, load: () => import('./prompt/Page.svelte') },
  { id: 'models', title: 'Models', icon: 'model', letter: 'M', place: 'rail', offers: modelsOffers, load: () => import('./models/Page.svelte') },
  { id: 'sparsity', title: 'Sparsity', icon: 'chart', letter: null, place: 'tab', parent: 'models', offers: sparsityOffers, load: () => import('./sparsity/Page.svelte') },
  { id: 'experts', title: 'Experts', icon: 'map', letter: 'E', place: 'tab', parent: 'models', load: () => import('./experts/Page.svelte') },
  { id: 'compare', title: 'Compare', icon: 'compare', letter: 'C', place: 'rail', load: () => import('./compare/Page.svelte') },
  { id: 'share', title: 'Import', icon: 'import', letter: 'I', place: 'rail', load: () => import('./share/Page.svelte') },
  { id: 'settings', title: 'Settings', icon: 'settings', letter: 'S', place: 'foot', offers: settingsOffers, load: () => import('./settings/Page.svelte') },
];

const ids = new Set(pages.map((page) => page.id));
if (ids.size !== pages.length) throw new Error('Two pages have the same id.');
const orphan = pages.find((page) => (page.parent === undefined ? page.place === 'tab' : !ids.has(page.parent)));
if (orphan !== undefined) throw new Error(`The page ${orphan.id} has no parent among the pages.`);

export function pageById(id: string): PageDefinition | undefined {
  return pages.find((page) => page.id === id);
}

/** The page of the rail that an address belongs to; "" is the first page. */
export function railPage(id: string): string {
  return id === '' ? 'workspace' : (pageById(id)?.parent ?? id);
}

/** A page and the tabs that belong to it, in the registry's order, the page first. Only what is in the registry is shown. */
export function tabsOf(parent: string): readonly PageDefinition[] {
  return pages.filter((page) => page.id === parent || (page.place === 'tab' && page.parent === parent)).toSorted((a, b) => Number(b.id === parent) - Number(a.id === parent));
}
