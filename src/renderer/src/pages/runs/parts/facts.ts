/** A value of a config or a result as text. Pure. */
import { count, significant } from '../../../format/number.ts';

export function factText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : significant(value, 4);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(factText).join(', ');
  return JSON.stringify(value);
}
