/**
 * Sets of features that a brush on a map or a search by meaning found. They are too long for an address, which names a set by its key;
 * the last few are kept for this tab, so that back, forward and a reload find them again.
 */

export interface FeatureSet {
  /** What it is, for its chip: "312 chosen on the map". */
  readonly title: string;
  /** int32 [features]; sorted by relevance the table keeps this order. */
  readonly indices: Int32Array;
}

const most = 8;
const prefix = 'loupe.set.';
const sets = new Map<string, FeatureSet>();

/** FNV-1a over the title and the indices: the same set has the same key. */
function keyOf({ title, indices }: FeatureSet): string {
  let hash = 0x811c9dc5;
  const add = (value: number): void => { hash = Math.imul(hash ^ value, 0x01000193); };
  for (let i = 0; i < title.length; i++) add(title.charCodeAt(i));
  for (const index of indices) add(index);
  return `${indices.length.toString(36)}-${(hash >>> 0).toString(36)}`;
}

function store(key: string, { title, indices }: FeatureSet): void {
  try {
    for (const old of Object.keys(sessionStorage).filter((name) => name.startsWith(prefix)).slice(0, -most + 1)) sessionStorage.removeItem(old);
    sessionStorage.setItem(prefix + key, JSON.stringify([title, indices.join(' ')]));
  } catch {
    // Without storage, or when it is full, the set lasts as long as the page.
  }
}

function restore(key: string): FeatureSet | undefined {
  try {
    const [title, words] = JSON.parse(sessionStorage.getItem(prefix + key) ?? 'null') as [string, string];
    return { title, indices: Int32Array.from(words === '' ? [] : words.split(' '), Number) };
  } catch {
    return undefined;
  }
}

/** Keeps a set and returns its key, for `FeatureQuery.set`. */
export function keepSet(set: FeatureSet): string {
  const key = keyOf(set);
  sets.delete(key);
  sets.set(key, set);
  for (const old of sets.keys()) if (sets.size > most) sets.delete(old);
  store(key, set);
  return key;
}

/** The set of a key; undefined when this tab does not have it (a link from elsewhere). */
export function findSet(key: string): FeatureSet | undefined {
  if (key === '') return undefined;
  const known = sets.get(key) ?? restore(key);
  if (known !== undefined) sets.set(key, known);
  return known;
}
