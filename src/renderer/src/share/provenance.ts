/** Where a source came from, as rows of a table. Provenance is JSON from anywhere: only what has the expected form is shown. */
import type { ForeignSource } from '../../../shared/schema/share.ts';

type Json = Readonly<Record<string, unknown>>;

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
  } catch {
    return {};
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Json)[name] : undefined), value);
}

const short = (value: unknown, most = 120): string | null => (typeof value === 'string' && value !== '' ? value.slice(0, most) : typeof value === 'number' ? String(value) : null);
const hash = (value: unknown): string | null => short(value, 16);

/** [name, value] of what is known. */
export function provenanceFacts(source: ForeignSource): [string, string][] {
  const chain = parsed(source.provenance);
  const rows: [string, string | null][] = [
    ['Model', source.modelName], ['Model hash', hash(source.modelHash)], ['Hook', source.hookPoint],
    ['Dictionary', short(at(chain, 'dictionary', 'variant')) ?? source.kind], ['Dictionary hash', hash(source.dictionaryHash)],
    ['Corpus', source.corpus], ['Corpus hash', hash(at(chain, 'store', 'corpus', 'hash') ?? at(chain, 'corpus', 'hash'))],
    ['Tokens counted', source.tokens.toLocaleString('en-US')],
    ['Code version', short(at(chain, 'codeVersion') ?? at(chain, 'dictionary', 'codeVersion') ?? at(chain, 'store', 'codeVersion'))],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null && row[1] !== '');
}
