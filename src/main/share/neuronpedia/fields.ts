/** The fields of a row from elsewhere, checked: what is missing has a default, what is there and wrong is named. */

type Row = Readonly<Record<string, unknown>>;

/** Why a row cannot be taken: which field, and what belongs there. */
export class FieldProblem extends Error {}

function wrong(field: string, what: string): FieldProblem {
  return new FieldProblem(`field ${field}: ${what}`);
}

/** Kind-less problem unless `text` is a JSON object. */
export function parseRow(text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FieldProblem('it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldProblem('it is no JSON object');
  return value as Row;
}

/** Names in a row are exact: what a prototype has is no field. */
function field(row: Row, name: string): unknown {
  const value = Object.hasOwn(row, name) ? row[name] : null;
  return value === undefined ? null : value;
}

export function textField(row: Row, name: string, limit: number): string | null {
  const value = field(row, name);
  if (value === null) return null;
  if (typeof value !== 'string' || value.length > limit) throw wrong(name, `a text of at most ${limit} characters belongs there`);
  return value;
}

export function numberField(row: Row, name: string): number | null {
  const value = field(row, name);
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(name, 'a finite number belongs there');
  return value;
}

const mostFeatures = 1 << 24;

/** A feature's index, as text or number. */
export function indexField(row: Row): number {
  const value = field(row, 'index');
  const index = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index >= mostFeatures) throw wrong('index', `a whole number below ${mostFeatures} belongs there`);
  return index;
}

/** A list of finite numbers, at most `limit`; empty where it is missing. */
export function numbersField(row: Row, name: string, limit: number): number[] {
  const value = field(row, name);
  if (value === null) return [];
  if (!Array.isArray(value) || value.length > limit || !value.every((one) => typeof one === 'number' && Number.isFinite(one))) throw wrong(name, `a list of at most ${limit} finite numbers belongs there`);
  return value as number[];
}

export function textsField(row: Row, name: string, limit: number, length: number): string[] {
  const value = field(row, name);
  if (value === null) return [];
  if (!Array.isArray(value) || value.length > limit || !value.every((one) => typeof one === 'string' && one.length <= length)) throw wrong(name, `a list of at most ${limit} texts of at most ${length} characters belongs there`);
  return value as string[];
}

/** A list of objects; empty where it is missing. */
export function rowsField(row: Row, name: string, limit: number): Row[] {
  const value = field(row, name);
  if (value === null) return [];
  if (!Array.isArray(value) || value.length > limit || !value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))) throw wrong(name, `a list of at most ${limit} objects belongs there`);
  return value as Row[];
}
