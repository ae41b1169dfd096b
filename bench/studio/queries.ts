/** What the bench asks for: searches by how common their words are, sorts and filters that a person would try. */
import { Random } from '../../src/engine/random.ts';
import type { ReadHandle } from '../../src/main/catalog/handle.ts';
import { matchingContexts } from '../../src/main/catalog/tables/columns.ts';

export interface SearchMix {
  readonly words: readonly string[];
  /** Share of contexts that each matches. */
  readonly shares: readonly number[];
}

/** Words of the vocabulary, letters only, by how many contexts hold them: [rare, medium, common]. */
function byFrequency(db: ReadHandle, model: number, random: Random): [string[], string[], string[]] {
  const contexts = Number(db.get('SELECT count(*) AS n FROM contexts')!['n']);
  const texts = db.table('SELECT text FROM vocabulary WHERE model = ? AND special = 0', model).map(([text]) => String(text).trim()).filter((text) => /^\p{L}{2,}$/u.test(text));
  const out: [string[], string[], string[]] = [[], [], []];
  const add = (word: string): void => {
    const share = matchingContexts(db, `"${word}"`).length / contexts;
    const kind = share === 0 ? null : share < 0.005 ? 0 : share < 0.1 ? 1 : 2;
    if (kind !== null && out[kind]!.length < 40 && !out[kind]!.includes(word)) out[kind]!.push(word);
  };
  for (let i = 0; i < 1500 && out.some((list) => list.length < 40); i++) add(texts[random.integer(texts.length)]!);
  // Common words are few: the first of the vocabulary in a generated catalog, the usual ones of English in a real one.
  for (const word of ['the', 'of', 'and', 'a', 'to', 'in', 'is', 'was', 'it', 'for', 'on', 'as', 'with', 'that', 'be', 'by', 'at', 'from']) add(word);
  return out;
}

/** `n` searches: half rare, three tenths medium, two tenths common, and every fourth with a second word of its kind. */
export function searchMix(db: ReadHandle, model: number, n: number, seed: number): string[] {
  const random = Random.from(seed, 'bench-studio');
  const lists = byFrequency(db, model, random).map((list, kind, all) => (list.length > 0 ? list : all.find((other) => other.length > 0) ?? [`none${kind}`]));
  return Array.from({ length: n }, (_, i) => {
    const list = lists[i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2]!;
    const word = (): string => list[random.integer(list.length)]!;
    return i % 4 === 3 ? `${word()} ${word()}` : word();
  });
}

/** Parts of addresses that filter, each alone and two together. */
export const filterAddresses: readonly Readonly<Record<string, string>>[] = [
  { labelled: '1' }, { labelled: '0' }, { dead: '1' }, { dead: '0' }, { dmin: '0.001' }, { dmin: '0.0001', dmax: '0.002' }, { amin: '5' }, { amax: '4' }, { mmin: '1' },
  { smin: '0.8' }, { cmin: '4' }, { kind: 'rule' }, { author: 'Ada' }, { family: 'topic' }, { notes: '1' }, { imin: '1000', imax: '60000' },
  { labelled: '1', dead: '0', dmin: '0.001' }, { family: 'syntax', smin: '0.6' }, { kind: 'manual', notes: '1' }, { amin: '4', mmin: '1.5', dmax: '0.01' },
];

export const sortColumns = ['density', 'max', 'mean', 'min', 'label', 'family', 'score', 'confidence', 'notes', 'dead', 'tokenClass', 'index'] as const;
