/** Shading of tokens by activation: a sequential ramp from transparent to one hue, with text that stays readable. */

export type Rgb = readonly [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];

/** `#rrggbb`, `rgb(r, g, b)` or `rgba(r, g, b, a)` (the alpha is dropped) as numbers 0..255. */
export function parseColour(text: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(text.trim());
  if (hex) return [0, 2, 4].map((at) => Number.parseInt(hex[1]!.slice(at, at + 2), 16)) as unknown as Rgb;
  const parts = /^rgba?\(([^)]+)\)$/i.exec(text.trim())?.[1]?.split(/[\s,/]+/).map(Number) ?? [];
  const [r, g, b] = parts;
  if (r === undefined || g === undefined || b === undefined || parts.some(Number.isNaN)) return black;
  return [r, g, b];
}

/** `share` of the way from `from` to `to`, in sRGB: what a translucent background composes to. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => from[i]! + (to[i]! - from[i]!) * share) as unknown as Rgb;
}

/** Relative luminance, WCAG 2.2. */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio, WCAG 2.2: 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The strength of the shade for an activation of either sign: linear in |value| / maximum, 0 for none, never invisible where it fires. */
export function strength(value: number, maximum: number): number {
  if (value === 0 || Number.isNaN(value) || !(maximum > 0)) return 0;
  return Math.min(1, 0.12 + 0.88 * (Math.abs(value) / maximum));
}

/** The strength of the shade for an effect of either sign: linear in |value| / maximum; nearly nothing has no shade. */
export function effectStrength(value: number, maximum: number): number {
  const share = Math.abs(value) / maximum;
  return share >= 0.03 && maximum > 0 ? Math.min(1, share) : 0;
}

export interface Shade {
  readonly background: string;
  readonly text: string;
}

/** Background and text colour at `share` of the ramp on `surface`; the theme's own text colour as long as it reaches 4.5 : 1. */
export function shade(share: number, surface: Rgb, hue: Rgb, text: Rgb): Shade {
  const background = mix(surface, hue, share);
  return { background: css(background), text: css(readable(background, text)) };
}

/** `preferred` where it can be read on `background`, else black or white, whichever contrasts more (always >= 4.5 : 1). */
export function readable(background: Rgb, preferred: Rgb): Rgb {
  if (contrast(background, preferred) >= 4.5) return preferred;
  return contrast(background, white) > contrast(background, black) ? white : black;
}

export function css(colour: Rgb): string {
  return `rgb(${colour.map((value) => Math.round(value)).join(', ')})`;
}
