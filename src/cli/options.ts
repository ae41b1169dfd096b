/** Checked values of a command's options. Kind bad-request names the option. */
import { LoupeError } from '../shared/errors.ts';

type Options = Readonly<Record<string, unknown>>;

/** "dSae" -> "--d-sae": commander's names as the user wrote them. */
function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function wholeNumber(options: Options, name: string, least: number, most: number): number {
  const text = String(options[name] ?? '');
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  throw new LoupeError('bad-request', `${flag(name)} is "${text}": give a whole number from ${least} to ${most}`);
}

/** The text of an option that must be there. */
export function required(options: Options, name: string, what: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new LoupeError('bad-request', `${flag(name)} is missing: give ${what}`);
}

/** JSON where it is JSON, text otherwise: `--set biasInit=median`, `--set clip=1`. */
function looseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The fields of `--set field=value ...`. Kind bad-request for one without a name or an equals sign. */
export function setFields(options: Options): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const pair of (options['set'] as string[] | undefined) ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) throw new LoupeError('bad-request', `--set is "${pair}": write field=value`);
    fields[pair.slice(0, at)] = looseValue(pair.slice(at + 1));
  }
  return fields;
}
