/** Every kind of corpus. A new kind is one file in `kinds/` and one line here. */
import { statSync } from 'node:fs';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { defaultCorpusOptions, type Corpus, type CorpusKind, type CorpusOptions } from './definition.ts';
import { domainKind, domainsKind } from './kinds/domains.ts';
import { folderKind } from './kinds/folder.ts';
import { chessKind, gamesKind } from './kinds/games.ts';
import { jsonlKind } from './kinds/jsonl.ts';
import { packageDocsKind } from './kinds/package-docs.ts';
import { parquetKind } from './kinds/parquet.ts';
import { textKind } from './kinds/text.ts';
import { wordnetKind } from './kinds/wordnet.ts';

/** Kinds of one file, in the order in which they are asked. */
const fileKinds: readonly CorpusKind[] = [gamesKind, textKind, jsonlKind, parquetKind];

export const corpusKinds: readonly CorpusKind[] = [...fileKinds, folderKind(fileKinds), wordnetKind, packageDocsKind, chessKind, domainsKind, domainKind];

/** The corpora that come with Loupe and are named by their id. */
export const builtInCorpora: readonly CorpusKind[] = corpusKinds.filter((kind) => kind.accepts === undefined);

if (new Set(corpusKinds.map(({ id }) => id)).size !== corpusKinds.length) throw new LoupeError('defect', 'two kinds of corpus have one id');

/** The built-in corpus that `spec` names, by its id or by how it begins. */
function builtInKind(spec: string): CorpusKind | undefined {
  return builtInCorpora.find(({ id, prefix }) => (prefix === undefined ? id === spec : spec.startsWith(prefix)));
}

/** Whether `spec` is the name of a built-in corpus, and no path. */
export function isBuiltIn(spec: string): boolean {
  return builtInKind(spec) !== undefined;
}

/** The kind that reads `spec`: the id of a built-in corpus, or a path. Kinds: not-found, unsupported. */
export function corpusKindOf(spec: string): CorpusKind {
  const builtIn = builtInKind(spec);
  if (builtIn !== undefined) return builtIn;
  const stat = statSync(spec, { throwIfNoEntry: false });
  if (stat === undefined) throw noCorpus(spec);
  const kind = corpusKinds.find(({ accepts }) => accepts?.(spec, stat.isDirectory()) === true);
  if (kind !== undefined) return kind;
  throw new LoupeError('unsupported', `corpus: ${spec} is of no kind that Loupe reads. Give a .txt, .md, .jsonl or .parquet file (.gz and .zst too), a folder of them, or one of ${builtInNames()}.`);
}

/** Opens the corpus that `spec` names; nothing is read yet beyond its head. */
export async function openCorpus(spec: string, options: Partial<CorpusOptions> = {}): Promise<Corpus> {
  const kind = corpusKindOf(spec);
  if (options.conversations === true && kind.id !== jsonlKind.id) {
    throw new LoupeError('unsupported', `corpus: conversations are read from JSON lines, and ${spec} is of the kind ${kind.id}. Give a .jsonl file with a list of messages a line.`);
  }
  return kind.open(spec, { ...defaultCorpusOptions, ...options });
}

function builtInNames(): string {
  return builtInCorpora.map(({ id }) => id).join(', ');
}

function noCorpus(spec: string): LoupeError {
  const near = nearestName(spec, builtInCorpora.map(({ id }) => id));
  const cure = near === undefined ? `Give a path, or one of ${builtInNames()}.` : `Did you mean "${near}"?`;
  return new LoupeError('not-found', `corpus: there is no file, folder or built-in corpus "${spec}". ${cure}`);
}
