/** What the units of a layer are called: a rule that a source carries once, so that no name is stored a feature. */
import { z } from 'zod';

/** `pattern` holds {n}, the unit's number; with a `width` {i} and {j} in its place, n = i * width + j. */
export const unitNamesSchema = z.strictObject({ pattern: z.string().min(1).max(100), width: z.number().int().positive().nullable() });

export type UnitNames = z.infer<typeof unitNamesSchema>;

/** "expert 3, neuron 17". `unit` from 0. */
export function unitNameOf({ pattern, width }: UnitNames, unit: number): string {
  if (width === null) return pattern.replace('{n}', String(unit));
  return pattern.replace('{i}', String(Math.floor(unit / width))).replace('{j}', String(unit % width));
}

interface Place {
  readonly name: string;
  /** The word before it, or '' where another place comes first. */
  readonly word: string;
}

/** The places of a pattern in order, each with its word: "expert {i}, neuron {j}" has i behind expert and j behind neuron. */
function placesOf(pattern: string): Place[] {
  let word = '';
  return [...pattern.toLowerCase().matchAll(/\{([nij])\}|([\p{L}]+)/gu)].flatMap(([, name, text]) => {
    if (name === undefined) {
      word = text!;
      return [];
    }
    const place = { name, word };
    word = '';
    return [place];
  });
}

/** The numbers that a text gives to places: "expert 3" says i = 3; null where it is no name, whole or in part. */
function numbersIn(text: string, places: readonly Place[]): ReadonlyMap<string, number> | null {
  const found = new Map<string, number>();
  let word = '';
  let next = 0;
  for (const [token] of text.toLowerCase().matchAll(/[\p{L}]+|\d+|[^\s,()]/gu)) {
    if (/^\d+$/.test(token)) {
      const at = places.findIndex((place, i) => i >= next && place.word === word);
      if (at < 0) return null;
      found.set(places[at]!.name, Number(token));
      next = at + 1;
      word = '';
    } else if (word === '' && places.some((place) => place.word === token)) word = token;
    else return null;
  }
  return word === '' && found.size > 0 ? found : null;
}

/**
 * Which units a search text names, or null where it names none of them: "expert 3, neuron 17" one, "expert 3" all of its units, "neuron 17" that
 * of every expert.
 */
export function unitsNamed({ pattern, width }: UnitNames, text: string): ((unit: number) => boolean) | null {
  const wanted = numbersIn(text, placesOf(pattern));
  if (wanted === null) return null;
  const values = (unit: number): Readonly<Record<string, number>> => (width === null ? { n: unit } : { i: Math.floor(unit / width), j: unit % width });
  return (unit) => [...wanted].every(([name, value]) => values(unit)[name] === value);
}
