/** What the Prompt page shows, as it stands in the address. Pure. */
import { liveLimits } from '../../../../shared/schema/live.ts';

/** How features are ranked; ranking.ts says what each means. */
export const rankings = ['max', 'token', 'sum', 'density'] as const;
export type Ranking = (typeof rankings)[number];

export interface PromptView {
  readonly model: string;
  /** Paths of one or two dictionaries; empty where none is chosen. */
  readonly dictionaries: readonly [string, string];
  /** Hooks in place of the dictionaries' own; empty for their own. */
  readonly hooks: readonly [string, string];
  readonly texts: readonly [string, string];
  readonly compare: boolean;
  readonly chat: boolean;
  readonly lead: 'auto' | 'none';
  readonly ranking: Ranking;
  /** Chosen token and feature; null for none. */
  readonly token: number | null;
  readonly feature: number | null;
  /** Whose they are: the token the text's, the feature the dictionary's; 0 or 1. */
  readonly at: 0 | 1;
  readonly on: 0 | 1;
}

export const emptyView: PromptView = {
  model: '', dictionaries: ['', ''], hooks: ['', ''], texts: ['', ''], compare: false, chat: false, lead: 'auto', ranking: 'max', token: null, feature: null, at: 0, on: 0,
};

/** Longer texts are not put into an address: some programs cut links there. */
export const addressCharacters = 2000;

const number = (text: string | undefined): number | null => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null);

/** Reads a view from an address; what cannot be read is as if it were not there. */
export function parseView(query: Readonly<Record<string, string>>): PromptView {
  const text = (name: string): string => (query[name] ?? '').slice(0, liveLimits.characters);
  return {
    model: query.model ?? '', dictionaries: [query.d ?? '', query.d2 ?? ''], hooks: [query.hook ?? '', query.hook2 ?? ''], texts: [text('text'), text('text2')],
    compare: query.compare === '1', chat: query.chat === '1', lead: query.lead === 'none' ? 'none' : 'auto',
    ranking: rankings.find((one) => one === query.rank) ?? 'max', token: number(query.token), feature: number(query.feature),
    at: query.at === '1' ? 1 : 0, on: query.on === '1' ? 1 : 0,
  };
}

/** The inverse of `parseView`; defaults, and texts that are too long for a link, are left out. */
export function viewAddress(view: PromptView): Record<string, string> {
  const flag = (on: boolean): string => (on ? '1' : '');
  const text = (value: string): string => (value.length <= addressCharacters ? value : '');
  return {
    model: view.model, d: view.dictionaries[0], d2: view.dictionaries[1], hook: view.hooks[0], hook2: view.hooks[1], text: text(view.texts[0]),
    text2: view.compare ? text(view.texts[1]) : '', compare: flag(view.compare), chat: flag(view.chat), lead: view.lead === 'none' ? 'none' : '',
    rank: view.ranking === 'max' ? '' : view.ranking, token: view.token === null ? '' : String(view.token), feature: view.feature === null ? '' : String(view.feature),
    at: flag(view.at === 1), on: flag(view.on === 1),
  };
}

/** Whether a link to the view holds its texts. */
export function fitsAddress(view: PromptView): boolean {
  return view.texts[0].length <= addressCharacters && (!view.compare || view.texts[1].length <= addressCharacters);
}
