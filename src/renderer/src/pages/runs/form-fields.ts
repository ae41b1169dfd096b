/** A form made out of a config's JSON Schema. What it does not understand becomes a field of JSON text: nothing is lost. Pure. */
import { itemKinds, type ItemKind } from '../../../../shared/schema/workspace.ts';
import { count } from '../../format/number.ts';

export type FieldKind = 'number' | 'integer' | 'text' | 'choice' | 'flag' | 'list' | 'json';

export interface FormField {
  /** Where the value goes: ["optimizer", "lr"]. */
  readonly path: readonly string[];
  /** The path with dots: the field's name in messages. */
  readonly key: string;
  readonly kind: FieldKind;
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly fallback: unknown;
  readonly minimum: Bound | null;
  readonly maximum: Bound | null;
  readonly choices: readonly unknown[];
  /** What of the workspace it names, where it names something. */
  readonly pick: ItemKind | 'hook' | null;
  /** Values that are offered, of many that could be. */
  readonly suggestions: readonly string[];
  /** The heading under which it stands; "" where the schema names none. */
  readonly group: string;
}

export interface Bound {
  readonly value: number;
  /** The bound itself is not allowed. */
  readonly open: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

const picks: Readonly<Record<string, FormField['pick']>> = {
  model: 'model', corpus: 'corpus', store: 'store', activations: 'store', dictionary: 'dictionary', catalog: 'catalog', hook: 'hook', hookPoint: 'hook', hooks: 'hook',
};

/** Every field of an object schema; nested objects are flattened, in the order in which the schema names them. */
export function fieldsOf(schema: Schema, path: readonly string[] = [], group = ''): FormField[] {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isRecord(property)) return [];
    const here = [...path, name];
    const under = text(property.group) || group;
    if (property.type === 'object' && isRecord(property.properties)) return fieldsOf(property, here, under);
    return [fieldOf(property, here, required.has(name) && !('default' in property), under)];
  });
}

function fieldOf(property: Schema, path: readonly string[], required: boolean, group: string): FormField {
  const { inner, nullable } = unwrapNull(property);
  const name = path.at(-1)!;
  // A box is ticked or not: what may also be left empty is chosen from a list.
  const kind = kindOf(inner);
  const threeWay = kind === 'flag' && nullable;
  return {
    path, key: path.join('.'), kind: threeWay ? 'choice' : kind, title: text(property.title) || name, description: text(property.description) || text(inner.description),
    unit: unitOf(text(property.unit) || text(inner.unit)), required, nullable, fallback: property.default ?? inner.default,
    minimum: bound(inner.minimum, inner.exclusiveMinimum), maximum: bound(inner.maximum, inner.exclusiveMaximum),
    choices: threeWay ? [true, false] : 'const' in inner ? [inner.const] : Array.isArray(inner.enum) ? inner.enum : [],
    pick: pickOf(property.pick) ?? picks[name] ?? null,
    suggestions: Array.isArray(property.examples) ? property.examples.map(String) : [], group,
  };
}

function pickOf(value: unknown): ItemKind | null {
  return itemKinds.find((kind) => kind === value) ?? null;
}

/** "1" stands in schemas for a plain number: that is not worth saying. */
function unitOf(unit: string): string {
  return unit === '1' ? '' : unit;
}

/** `anyOf: [T, null]` and `type: [T, "null"]` are T that may be left empty. */
function unwrapNull(property: Schema): { inner: Schema; nullable: boolean } {
  if (Array.isArray(property.anyOf)) {
    const rest = property.anyOf.filter((option) => !(isRecord(option) && option.type === 'null'));
    if (rest.length === 1 && rest.length < property.anyOf.length && isRecord(rest[0])) return { inner: rest[0], nullable: true };
  }
  if (Array.isArray(property.type) && property.type.length === 2 && property.type.includes('null')) {
    return { inner: { ...property, type: property.type.find((type) => type !== 'null') }, nullable: true };
  }
  return { inner: property, nullable: false };
}

function kindOf(schema: Schema): FieldKind {
  if ('const' in schema || Array.isArray(schema.enum)) return 'choice';
  if (schema.type === 'integer' || schema.type === 'number') return schema.type;
  if (schema.type === 'string') return 'text';
  if (schema.type === 'array' && isRecord(schema.items) && schema.items.type === 'string') return 'list';
  return schema.type === 'boolean' ? 'flag' : 'json';
}

/** JSON Schema writes "no bound" for an integer as the largest safe integer: that is not worth saying. */
function bound(closed: unknown, open: unknown): Bound | null {
  const value = typeof open === 'number' ? open : closed;
  if (typeof value !== 'number' || Math.abs(value) >= Number.MAX_SAFE_INTEGER) return null;
  return { value, open: typeof open === 'number' };
}

/** What stands in the field at first: the given value, else its default, else nothing. */
export function initialText(field: FormField, given: unknown): string {
  const value = given ?? field.fallback;
  if (value === undefined || value === null) return '';
  if (field.kind === 'list' && Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' || field.kind === 'json' ? JSON.stringify(value) : String(value);
}

export type FieldValue = { readonly value: unknown } | { readonly error: string } | { readonly left: true };

/** The value that a text stands for. Empty means: leave the field out (its default), or null where only that is allowed. */
export function parseField(field: FormField, typed: string): FieldValue {
  const trimmed = typed.trim();
  if (trimmed === '') return emptyValue(field);
  if (field.kind === 'number' || field.kind === 'integer') return parseNumber(field, trimmed);
  if (field.kind === 'flag') return { value: trimmed === 'true' };
  if (field.kind === 'choice') {
    const choice = field.choices.find((option) => String(option) === trimmed);
    return choice === undefined ? { error: `${field.key} must be one of ${field.choices.join(', ')}.` } : { value: choice };
  }
  if (field.kind === 'list') return { value: trimmed.split(',').map((part) => part.trim()).filter((part) => part !== '') };
  return field.kind === 'text' ? { value: trimmed } : parseJson(field, trimmed);
}

function emptyValue(field: FormField): FieldValue {
  if (field.required && !field.nullable) return { error: 'A value is needed.' };
  return field.required || (field.nullable && field.fallback !== null && field.fallback !== undefined) ? { value: null } : { left: true };
}

function parseNumber(field: FormField, typed: string): FieldValue {
  const value = Number(typed.replaceAll(/(?<=\d)[,_ ](?=\d{3})/g, ''));
  if (!Number.isFinite(value)) return { error: `"${typed}" is no number.` };
  if (field.kind === 'integer' && !Number.isInteger(value)) return { error: `${field.title} must be a whole number, not ${typed}.` };
  const low = field.minimum;
  if (low !== null && (low.open ? value <= low.value : value < low.value)) return { error: `${field.title} must be ${low.open ? 'more than' : 'at least'} ${figure(low.value)}.` };
  const high = field.maximum;
  if (high !== null && (high.open ? value >= high.value : value > high.value)) return { error: `${field.title} must be ${high.open ? 'less than' : 'at most'} ${figure(high.value)}.` };
  return { value };
}

function parseJson(field: FormField, typed: string): FieldValue {
  try {
    return { value: JSON.parse(typed) as unknown };
  } catch {
    return { error: `${field.title} must be JSON, such as {"a": 1}.` };
  }
}

export interface FormResult {
  readonly config: Readonly<Record<string, unknown>>;
  /** By key; empty when the form can be sent. */
  readonly errors: Readonly<Record<string, string>>;
}

/** The config that a filled form stands for. Values equal to their default are sent too: what is seen is what runs. */
export function readForm(fields: readonly FormField[], texts: Readonly<Record<string, string>>): FormResult {
  const config: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const result = parseField(field, texts[field.key] ?? '');
    if ('error' in result) errors[field.key] = result.error;
    else if ('value' in result) place(config, field.path, result.value);
  }
  return { config, errors };
}

function place(config: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = config;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

/** Which field an error of the host is about: the one whose name its message begins with, or names first. Display only. */
export function fieldOfMessage(fields: readonly FormField[], message: string): string | null {
  const places = fields.map((field) => ({ key: field.key, at: message.search(new RegExp(`(^|[^A-Za-z0-9_])${field.key.replaceAll('.', '\\.')}([^A-Za-z0-9_]|$)`)) }));
  const named = places.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at || b.key.length - a.key.length);
  return named[0]?.key ?? null;
}

/** "1 to 64", "more than 0", "" : the range in words. */
export function rangeText(field: FormField): string {
  const { minimum: low, maximum: high } = field;
  if (low !== null && high !== null && !low.open && !high.open) return `${figure(low.value)} to ${figure(high.value)}`;
  const parts = [low === null ? '' : `${low.open ? 'more than' : 'at least'} ${figure(low.value)}`, high === null ? '' : `${high.open ? 'less than' : 'at most'} ${figure(high.value)}`];
  return parts.filter((part) => part !== '').join(', ');
}

function figure(value: number): string {
  return Number.isInteger(value) ? count(value) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
