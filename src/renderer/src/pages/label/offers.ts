/** What the labelling page offers in the palette of other pages. */
import type { Offer } from '../offers.ts';

const view = (id: string, title: string, query: Readonly<Record<string, string>> = {}): Offer => ({ id: `label.${id}`, title, rest: [], query, act: false });

export const labelOffers: readonly Offer[] = [
  view('queue', 'Label features from a queue'),
  { id: 'label.guess', title: 'Make first guesses by rule' },
  view('disagreements', 'Settle disagreements about labels', { view: 'disagreements' }),
  view('agreement', 'How far people agree', { view: 'agreement' }),
  view('lists', 'Lists of features', { view: 'lists' }),
];
