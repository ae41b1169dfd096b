/** Numbers as the studio writes them: tabular, with units elsewhere, never more digits than mean something. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A whole number with thousands separators: 4,608. */
export function count(value: number): string {
  return Number.isFinite(value) ? grouped.format(value) : '–';
}

const scales: readonly (readonly [number, string])[] = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']];

/** A large number in three figures: 1.20 M, 48.3 k. Below 10,000 it is written in full. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) < 10_000) return Number.isInteger(value) ? count(value) : significant(value);
  const [scale, letter] = scales.find(([size]) => Math.abs(value) >= size)!;
  return `${minus((value / scale).toPrecision(3))} ${letter}`;
}

/** `digits` significant figures; very small and very large values in scientific notation. Null and NaN are a dash. */
export function significant(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return minus(value.toExponential(digits - 1));
  if (size >= 10 ** digits) return minus(grouped.format(value));
  return minus(value.toPrecision(digits));
}

/** A fixed number of decimals, with a true minus sign. */
export function fixed(value: number, decimals: number): string {
  return Number.isFinite(value) ? minus(value.toFixed(decimals)) : '–';
}

/** A signed value, for effects and cosines: +0.31, −1.20. */
export function signed(value: number, decimals = 2): string {
  return value > 0 ? `+${fixed(value, decimals)}` : fixed(value, decimals);
}

/** A share as a percentage: 0.0123 -> "1.23 %". */
export function percent(share: number | null, digits = 3): string {
  if (share === null || Number.isNaN(share)) return '–';
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 0.001) return '< 0.001 %';
  return `${significant(value, digits)} %`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in decimal units, as disks are sold: 98.2 MB. */
export function bytes(value: number): string {
  const power = value < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${power === 0 ? scaled : scaled.toPrecision(3)} ${byteUnits[power]}`;
}

/** "1 feature", "4,608 features". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function minus(text: string): string {
  return text.replace(/^-/, '−').replace('e-', 'e−').replace('e+', 'e');
}
