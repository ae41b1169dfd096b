/** Light or dark: the system's choice until the user makes one. Charts read the resolved colours from here. */
import { isString, recall, remember } from './preferences.ts';
import { parseColour, type Rgb } from '../tokens/colour.ts';

export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

const isChoice = (value: unknown): value is ThemeChoice => isString(value) && (themeChoices as readonly string[]).includes(value);

class Theme {
  choice = $state<ThemeChoice>(recall('theme', 'system', isChoice));
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly dark = $derived(this.choice === 'system' ? this.#systemDark : this.choice === 'dark');

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.#systemDark = event.matches;
    });
    this.#apply();
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    remember('theme', choice);
    this.#apply();
  }

  toggle(): void {
    this.choose(this.dark ? 'light' : 'dark');
  }

  #apply(): void {
    if (this.choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.choice;
  }

  readonly #resolved = $derived.by(() => {
    void this.dark;
    return new Map<string, string>();
  });

  /** The colour of a token (`accent`, `line`, ...) in the current theme, as `rgb(...)`. Reactive. */
  colour(name: string): string {
    const cache = this.#resolved;
    const known = cache.get(name);
    if (known !== undefined) return known;
    const probe = document.createElement('span');
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    cache.set(name, value);
    return value;
  }

  rgb(name: string): Rgb {
    return parseColour(this.colour(name));
  }
}

export const theme = new Theme();
