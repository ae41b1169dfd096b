/** Whose labels the features have: what the small chart of the labelling page draws. Pure. */
import type { ProgressReport } from '../../../../../shared/schema/labels.ts';

export interface Share {
  readonly name: string;
  readonly features: number;
  /** Of all features, 0 to 1. */
  readonly share: number;
  readonly secondsEach: number | null;
  readonly tone: 'one' | 'two' | 'three' | 'four' | 'machine';
}

const tones = ['one', 'two', 'three'] as const;

/** The three people with the most current labels, the other people together, and the machines together; nobody with none. */
export function shares({ features: all, authors }: ProgressReport): Share[] {
  const people = authors.filter(({ kind }) => kind === 'manual').toSorted((a, b) => b.features - a.features);
  const share = (features: number): number => (all === 0 ? 0 : features / all);
  const sum = (list: ProgressReport['authors']): number => list.reduce((total, { features }) => total + features, 0);
  const others = sum(people.slice(tones.length));
  const machines = sum(authors.filter(({ kind }) => kind !== 'manual'));
  return [
    ...people.slice(0, tones.length).map(({ author, features, secondsEach }, i): Share => ({ name: author === '' ? 'nobody named' : author, features, share: share(features), secondsEach, tone: tones[i]! })),
    { name: 'others', features: others, share: share(others), secondsEach: null, tone: 'four' as const },
    { name: 'guessed', features: machines, share: share(machines), secondsEach: null, tone: 'machine' as const },
  ].filter(({ features }) => features > 0);
}
