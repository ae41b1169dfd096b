/** Every page: one line each. The rail, the palette and the G keys come from here; a page's code is loaded when it is first shown, or ahead. */
import type { Component } from 'svelte';
import type { IconName } from '../components/icons.ts';
import { labelOffers } from './label/offers.ts';
import { featuresOffers, modelsOffers, promptOffers, runsOffers, settingsOffers, workspaceOffers, type Offer } from './offers.ts';

export interface PageDefinition {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  /** The letter after G. */
  readonly letter: string | null;
  /** Where it stands: in the rail, at its foot, or only reached from another page. */
  readonly place: 'rail' | 'foot' | 'hidden';
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
  { id: 'feature', title: 'Feature', icon: 'features', letter: null, place: 'hidden', ahead: true, load: () => import('./feature/Page.svelte') },
  { id: 'prompt', title: 'Prompt', icon: 'prompt', letter: 'P', place: 'rail', offers: promptOffers, load: () => import('./prompt/Page.svelte') },
  { id: 'models', title: 'Models', icon: 'model', letter: 'M', place: 'rail', offers: modelsOffers, load: () => import('./models/Page.svelte') },
  { id: 'compare', title: 'Compare', icon: 'compare', letter: 'C', place: 'rail', load: () => import('./compare/Page.svelte') },
  { id: 'share', title: 'Import', icon: 'import', letter: 'I', place: 'rail', load: () => import('./share/Page.svelte') },
  { id: 'settings', title: 'Settings', icon: 'settings', letter: 'S', place: 'foot', offers: settingsOffers, load: () => import('./settings/Page.svelte') },
];

const ids = new Set(pages.map((page) => page.id));
if (ids.size !== pages.length) throw new Error('Two pages have the same id.');

export function pageById(id: string): PageDefinition | undefined {
  return pages.find((page) => page.id === id);
}
