/** The tour: a few cards on the studio itself. Offered once, remembered, started again from the palette. */
import { isString, recall, remember } from './preferences.ts';
import { router } from './router.svelte.ts';
import { session } from './session.svelte.ts';

export interface Step {
  readonly title: string;
  readonly text: string;
  /** The page that it is about; null where it stands for the whole studio. */
  readonly page: 'features' | 'feature' | null;
  /** What is framed while it is shown: a CSS selector. */
  readonly target: string | null;
}

/** Pure: the same cards with and without a catalog to show them on. */
export const steps: readonly Step[] = [
  { title: 'From a model to its features', page: null, target: 'nav[aria-label="Pages"]',
    text: 'Loupe reads text with a language model, trains a dictionary on what happens inside, and writes a catalog: thousands of features, each a thing the model notices. The rail has a page for each step; G and a letter goes there.' },
  { title: 'The table of features', page: 'features', target: 'main',
    text: 'One row a feature: how often it fires, how strongly, its label. Click a column to sort, / to search labels and texts, J and K to walk. Charts above the table filter it when you drag over them.' },
  { title: 'One feature', page: 'feature', target: 'main',
    text: 'Examples show where it fires: the deeper the shade, the stronger. Hover a token for its value, Enter opens the whole text. Beside them: which next tokens it makes likelier, how its values are spread, its neighbours.' },
  { title: 'Labels', page: 'feature', target: 'section[aria-label="Label editor"]',
    text: 'L writes what the feature means, 1 to 5 how sure you are. Every label keeps its author and history, and U takes the newest back. Nothing is overwritten.' },
  { title: 'Sharing', page: null, target: '[data-tour="switcher"]',
    text: 'A catalog is one .loupe file. Send it: whoever opens it sees the same features, labels them, and sends it back. What comes from others is checked first and opened read-only until you copy it.' },
  { title: 'Everything by keyboard', page: null, target: '[data-tour="palette"]',
    text: 'Ctrl-K (⌘K on a Mac) finds every page, action, catalog and feature by name or number. ? shows all keys. Long work runs as a job: the drawer below shows its progress, and you can leave it alone.' },
];

const states = ['new', 'done'] as const;

class Tour {
  /** The place in `steps`; null while it is not shown. */
  at = $state<number | null>(null);
  #state = $state(recall('tour', 'new', isString));
  /** Never seen and never declined here. */
  readonly fresh = $derived(this.#state === states[0]);

  start(): void {
    this.#show(0);
  }

  move(by: number): void {
    if (this.at === null) return;
    const next = this.at + by;
    if (next >= steps.length) this.end();
    else this.#show(Math.max(0, next));
  }

  end(): void {
    this.at = null;
    this.#state = states[1];
    remember('tour', states[1]);
  }

  #show(place: number): void {
    this.at = place;
    const { page } = steps[place]!;
    const ref = session.catalogRef !== '' ? session.catalogRef : session.catalogs.find((item) => item.problem === null)?.id;
    // Without a catalog the cards speak over whatever page is there.
    if (page === null || ref === undefined || router.current.page === page) return;
    router.go(page, page === 'feature' ? [router.current.rest[0] ?? '0'] : [], { catalog: ref });
  }
}

export const tour = new Tour();
