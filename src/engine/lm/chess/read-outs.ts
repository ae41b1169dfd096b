/** Where in games a model's units are read, and what holds on the board there (models.md A.5, data.md L.7). */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Chess } from 'chess.js';
import { cacheRoot } from '../../backend/installed.ts';
import { propertiesOf, propertyNames } from '../../chess/properties.ts';
import { plySpans, splitTranscript } from '../../chess/transcript.ts';
import type { PropertyTable } from '../../eval/property-coverage.ts';
import { openSafetensors, writeSafetensors } from '../../formats/safetensors.ts';
import { breathe } from '../../job.ts';

/** `dots`: before White's moves. `spaces`: before Black's. `both`. Properties are told for the side to move. */
export type ReadOuts = 'dots' | 'spaces' | 'both';

/** One place in one game. */
export interface Place {
  readonly game: number;
  /** Of the character that is read: the one before the move. */
  readonly character: number;
  /** Plies played before. */
  readonly ply: number;
}

/** The places of games within their first `length` characters, game by game. */
export function placesOf(games: readonly string[], length: number, where: ReadOuts): Place[] {
  return games.flatMap((text, game) => plySpans(text).flatMap(({ start }, ply) => {
    const wanted = where === 'both' || (where === 'dots') === (ply % 2 === 0);
    return wanted && start - 1 < length ? [{ game, character: start - 1, ply }] : [];
  }));
}

/** The properties of each place in a flat table, of all 1,963. */
async function tableOf(games: readonly string[], places: readonly Place[], stopped: () => void): Promise<PropertyTable> {
  const starts = new Int32Array(places.length + 1);
  const found: number[] = [];
  let [game, ply, moves] = [-1, 0, [] as string[]];
  let chess = new Chess();
  for (const [at, place] of places.entries()) {
    if (place.game !== game) {
      await breathe();
      stopped();
      [game, ply, moves] = [place.game, 0, splitTranscript(games[place.game]!)];
      chess = new Chess();
    }
    for (; ply < place.ply; ply++) chess.move(moves[ply]!);
    propertiesOf(chess).forEach((holds, property) => {
      if (holds === 1) found.push(property);
    });
    starts[at + 1] = found.length;
  }
  return { count: propertyNames.length, starts, properties: Int32Array.from(found) };
}

/** As `tableOf`, from the cache where it was made before: a second of work for forty games. `stopped` throws when it is to end. Kind bad-file for a game that is none. */
export async function propertyTable(games: readonly string[], places: readonly Place[], stopped: () => void, cache = join(cacheRoot(), 'chess-properties')): Promise<PropertyTable> {
  const key = createHash('sha256').update(JSON.stringify([propertyNames, places.map(({ character }) => character)])).update(games.join('\n')).digest('hex').slice(0, 32);
  const path = join(cache, `${key}.safetensors`);
  if (existsSync(path)) {
    const file = openSafetensors(path);
    try {
      return { count: propertyNames.length, starts: file.readInt32('starts'), properties: file.readInt32('properties') };
    } finally {
      file.close();
    }
  }
  const table = await tableOf(games, places, stopped);
  mkdirSync(cache, { recursive: true });
  writeSafetensors(path, {
    starts: { dtype: 'I32', shape: [table.starts.length], data: table.starts }, properties: { dtype: 'I32', shape: [table.properties.length], data: table.properties },
  });
  return table;
}

/** Properties that too few places have, or nearly all, say nothing: the others, int32 [told], rising. */
export function tellingProperties({ count, starts, properties }: PropertyTable, least = 50, most = 0.999): Int32Array {
  const positives = new Int32Array(count);
  for (const property of properties) positives[property]!++;
  return Int32Array.from(positives.keys()).filter((property) => positives[property]! >= least && positives[property]! <= most * (starts.length - 1));
}

/** The table of some places and some properties, renumbered in their order. */
export function tablePart(table: PropertyTable, places: ArrayLike<number>, kept: ArrayLike<number>): PropertyTable {
  const numbers = new Int32Array(table.count).fill(-1);
  for (let i = 0; i < kept.length; i++) numbers[kept[i]!] = i;
  const starts = new Int32Array(places.length + 1);
  const found: number[] = [];
  for (let i = 0; i < places.length; i++) {
    for (let at = table.starts[places[i]!]!; at < table.starts[places[i]! + 1]!; at++) {
      const number = numbers[table.properties[at]!]!;
      if (number >= 0) found.push(number);
    }
    starts[i + 1] = found.length;
  }
  return { count: kept.length, starts, properties: Int32Array.from(found) };
}
