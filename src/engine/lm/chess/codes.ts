/** What the units of a model hold at places in games. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { encodeChess } from '../../chess/vocabulary.ts';
import type { UnitCodes } from '../../eval/property-coverage.ts';
import { breathe } from '../../job.ts';
import { scoped } from '../../ops/scope.ts';
import type { Tokenizer } from '../../tokenizers/types.ts';
import type { LanguageModel } from '../definition.ts';
import type { Place } from './read-outs.ts';

/** Numbers of hooks that a pass holds at most. */
const mostHeld = 1 << 25;

/** Whether a tokenizer reads games character by character, as ours does. */
export function readsGames(tokenizer: Tokenizer): boolean {
  const text = ';1.e4 c5 2.Nf3 Qxd8+ 10.O-O-O# a1=N';
  return tokenizer.encode(text).join() === encodeChess(text).join();
}

/** Kind unsupported where the model does not read games character by character. */
export function refuseOtherTokens({ config, tokenizer }: LanguageModel): void {
  if (readsGames(tokenizer)) return;
  throw new LoupeError('unsupported', `${config.name} does not read the characters of chess games as its tokens: take a model trained with --data chess.`);
}

/** Games as rows of `length` tokens, cut or filled up behind their end, int32 [games * length]. */
export function gameRows(games: readonly string[], length: number): Int32Array {
  const rows = new Int32Array(games.length * length);
  games.forEach((game, at) => rows.set(encodeChess(game.slice(0, length)), at * length));
  return rows;
}

/** Firings above 0 as they come, sorted by unit in the end. */
export class CodeList {
  #units = new Int32Array(1 << 12);
  #places = new Int32Array(1 << 12);
  #values = new Float32Array(1 << 12);
  #length = 0;

  /** values float32 [rows, units] of the places `first` on. */
  add(values: Float32Array, units: number, first: number): void {
    for (let at = 0; at < values.length; at++) {
      if (!(values[at]! > 0)) continue;
      if (this.#length === this.#units.length) this.#grow();
      this.#units[this.#length] = at % units;
      this.#places[this.#length] = first + Math.floor(at / units);
      this.#values[this.#length++] = values[at]!;
    }
  }

  #grow(): void {
    const wider = <T extends Int32Array | Float32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    const length = 2 * this.#units.length;
    this.#units = wider(this.#units, new Int32Array(length));
    this.#places = wider(this.#places, new Int32Array(length));
    this.#values = wider(this.#values, new Float32Array(length));
  }

  /** Of each unit, places rising. */
  byUnit(units: number): UnitCodes[] {
    const offsets = new Int32Array(units + 1);
    for (let at = 0; at < this.#length; at++) offsets[this.#units[at]! + 1]!++;
    for (let unit = 0; unit < units; unit++) offsets[unit + 1]! += offsets[unit]!;
    const [positions, values, next] = [new Int32Array(this.#length), new Float32Array(this.#length), offsets.slice()];
    for (let at = 0; at < this.#length; at++) {
      const to = next[this.#units[at]!]!++;
      positions[to] = this.#places[at]!;
      values[to] = this.#values[at]!;
    }
    return Array.from({ length: units }, (_, unit) => ({ positions: positions.subarray(offsets[unit], offsets[unit + 1]), values: values.subarray(offsets[unit], offsets[unit + 1]) }));
  }
}

/**
 * The values above 0 of each unit of mlp.hook_post, layer by layer, at places in games; a game's characters behind `length` are left out.
 *
 * @param places game by game, as `placesOf` gives them
 */
export async function codesAt(model: LanguageModel, games: readonly string[], places: readonly Place[], length: number, watch: (done: number) => void): Promise<UnitCodes[][]> {
  const hooks = Array.from({ length: model.config.layers }, (_, layer) => `blocks.${layer}.mlp.hook_post`);
  const units = model.hookWidth(hooks[0]!);
  const batch = Math.max(1, Math.min(32, Math.floor(mostHeld / (length * units * hooks.length))));
  const lists = hooks.map(() => new CodeList());
  let next = 0;
  for (let first = 0; first < games.length; first += batch) {
    await breathe();
    watch(first);
    const part = games.slice(first, first + batch);
    const from = next;
    while (next < places.length && places[next]!.game < first + part.length) next++;
    if (from === next) continue;
    const rows = tf.tensor1d(places.slice(from, next).map(({ game, character }) => (game - first) * length + character), 'int32');
    const { cache } = model.run(gameRows(part, length), part.length, length, { names: hooks, logits: false });
    hooks.forEach((hook, layer) => {
      const value = cache.get(hook)!;
      const values = scoped(() => tf.gather(tf.reshape(value, [-1, units]) as Tensor2D, rows).dataSync() as Float32Array);
      lists[layer]!.add(values, units, from);
    });
    tf.dispose([rows, ...cache.values()]);
  }
  return lists.map((list) => list.byUnit(units));
}
