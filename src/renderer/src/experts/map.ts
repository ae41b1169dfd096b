/** The map of s x s experts as pixels: an expert's colour says which domain it belongs to, its shade how much that domain uses it. Pure. */
import type { Rgb } from '../tokens/colour.ts';

export interface MapColours {
  /** Of each domain. */
  readonly domains: readonly Rgb[];
  /** Used, and of no domain. */
  readonly shared: Rgb;
  /** Behind it all: what no token uses. */
  readonly surface: Rgb;
  /** Around what is chosen. */
  readonly chosen: Rgb;
}

export interface MapData {
  /** Mean weight of each expert over each domain's tokens, [domains * experts]. */
  readonly masses: ArrayLike<number>;
  /** The domain of each expert, -1 where none, [experts]. */
  readonly owners: ArrayLike<number>;
  readonly experts: number;
}

/** How much of a marked expert is covered, of 255. */
const markedAlpha = 180;

/** A weight as a shade from 0 to 1: the fourth root, so that what is used a ten-thousandth as much as the most used is still seen. */
export function shadeOf(mass: number, most: number): number {
  return mass > 0 && most > 0 ? Math.min(1, (mass / most) ** 0.25) : 0;
}

/** Largest mass of each expert over all domains, and of all experts. */
export function strengths({ masses, experts }: Pick<MapData, 'masses' | 'experts'>): { readonly values: Float32Array; readonly most: number } {
  const values = new Float32Array(experts);
  let most = 0;
  for (let at = 0; at < masses.length; at++) {
    const expert = at % experts;
    if (masses[at]! > values[expert]!) values[expert] = masses[at]!;
    if (masses[at]! > most) most = masses[at]!;
  }
  return { values, most };
}

/** RGBA of each expert, one pixel each, row i, column j: [4 * experts]. The share of the surface is never so large that an owned expert could be taken for an unused one. */
export function paintExperts(data: MapData, colours: MapColours): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * data.experts);
  const { values, most } = strengths(data);
  for (let expert = 0; expert < data.experts; expert++) {
    const shade = shadeOf(values[expert]!, most);
    const owner = data.owners[expert]!;
    const colour = owner >= 0 ? colours.domains[owner % colours.domains.length]! : colours.shared;
    const strength = shade === 0 ? 0 : (owner >= 0 ? 0.35 : 0.15) + (owner >= 0 ? 0.65 : 0.45) * shade;
    for (let channel = 0; channel < 3; channel++) pixels[4 * expert + channel] = colours.surface[channel]! + (colour[channel]! - colours.surface[channel]!) * strength;
    pixels[4 * expert + 3] = 255;
  }
  return pixels;
}

/** RGBA of each expert where it is marked, nothing elsewhere: laid over the experts where they are too small for outlines. [4 * experts] */
export function paintMarked(marked: Iterable<number>, experts: number, colour: Rgb): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * experts);
  const [r, g, b] = colour;
  for (const expert of marked) {
    const at = 4 * expert;
    [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]] = [r, g, b, markedAlpha];
  }
  return pixels;
}

/** A rectangle of experts: both corners belong to it. */
export interface CellArea {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Between two experts of a side of s. */
export function areaBetween(a: number, b: number, side: number): CellArea {
  const [rows, columns] = [[Math.floor(a / side), Math.floor(b / side)], [a % side, b % side]];
  return { top: Math.min(...rows), bottom: Math.max(...rows), left: Math.min(...columns), right: Math.max(...columns) };
}

/** The experts of a rectangle, rising. */
export function expertsIn({ top, left, bottom, right }: CellArea, side: number): number[] {
  const found: number[] = [];
  for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) found.push(row * side + column);
  return found;
}

/** The expert under a place of a square map `size` wide; null outside. */
export function expertAt(x: number, y: number, size: number, side: number): number | null {
  const [column, row] = [Math.floor((x / size) * side), Math.floor((y / size) * side)];
  return column >= 0 && column < side && row >= 0 && row < side ? row * side + column : null;
}

/** The expert one step from another; stays at the edge. */
export function neighbour(expert: number, key: string, side: number, by = 1): number | null {
  const step = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [-by, 0], ArrowDown: [by, 0] }[key];
  if (step === undefined) return null;
  const within = (value: number): number => Math.max(0, Math.min(side - 1, value));
  return within(Math.floor(expert / side) + step[0]!) * side + within((expert % side) + step[1]!);
}
