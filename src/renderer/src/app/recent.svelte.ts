/** Where the user has been: the last features, runs and catalogs, for the palette. Kept in this browser, by workspace. */
import type { Route } from './route.ts';
import { recall, remember } from './preferences.ts';

export interface Visit {
  readonly title: string;
  readonly hash: string;
}

const kept = 8;
const isVisits = (value: unknown): value is Visit[] => Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null && typeof entry.title === 'string' && typeof entry.hash === 'string');

/** What an address is called in a list, or null for one that is reached by its page's own name. Pure. */
export function visitTitle(route: Route, runTitle: (id: string) => string | undefined): string | null {
  const [item] = route.rest;
  const where = route.query['catalog']?.split(/[\\/]/).at(-1)?.replace(/\.loupe$/, '');
  const inCatalog = where === undefined || where === '' ? '' : ` of ${where}`;
  if ((route.page === 'features' || route.page === 'feature') && item !== undefined && /^\d+$/.test(item)) return `Feature ${item}${inCatalog}`;
  if (route.page === 'runs' && item !== undefined && item !== 'new') return `Run ${runTitle(item) ?? item}`;
  return null;
}

class Recent {
  #workspace = '';
  visits = $state.raw<readonly Visit[]>([]);

  /** The list of another workspace. */
  of(workspace: string): void {
    if (workspace === this.#workspace) return;
    this.#workspace = workspace;
    this.visits = recall(`recent.${workspace}`, [], isVisits);
  }

  visit(title: string, hash: string): void {
    // By title: the same feature in another sort order is the same place.
    this.visits = [{ title, hash }, ...this.visits.filter((entry) => entry.title !== title)].slice(0, kept);
    remember(`recent.${this.#workspace}`, this.visits);
  }
}

export const recent = new Recent();
