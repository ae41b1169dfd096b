/** A folder: every corpus file below it, in the order of their relative paths. */
import { readdirSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { Corpus, CorpusDocument, CorpusKind, CorpusOptions } from '../definition.ts';

/** More files than this are no corpus but a disk. */
const maxFiles = 200_000;
const maxDepth = 32;

/** Relative paths (with /) of the files below `folder`, sorted by code unit; hidden files and links are left out. */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const visit = (path: string, depth: number): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < maxDepth) visit(join(path, entry.name), depth + 1);
      else if (entry.isFile()) found.push(relative(folder, join(path, entry.name)).split(sep).join('/'));
      if (found.length > maxFiles) throw new LoupeError('unsupported', `corpus: ${folder} holds more than ${maxFiles} files. Name a narrower folder.`);
    }
  };
  visit(folder, 0);
  return found.sort();
}

async function* documents(folder: string, files: readonly string[], kindOf: (file: string) => CorpusKind, options: CorpusOptions): AsyncGenerator<CorpusDocument> {
  for (const file of files) {
    const corpus = await kindOf(file).open(join(folder, file), options);
    let number = 0;
    // Ids by relative path: two files of one name in different folders stay apart.
    for await (const document of corpus.documents()) yield { id: `${file}:${number++}`, text: document.text };
  }
}

/** The folder kind over the kinds of files that it may hold. */
export function folderKind(fileKinds: readonly CorpusKind[]): CorpusKind {
  const kindOf = (file: string): CorpusKind | undefined => fileKinds.find((kind) => kind.accepts?.(file, false) === true);
  const open = async (folder: string, options: CorpusOptions): Promise<Corpus> => {
    const all = filesBelow(folder);
    const files = all.filter((file) => kindOf(file) !== undefined);
    if (files.length === 0) {
      throw new LoupeError('bad-request', `corpus: ${folder} holds no file that Loupe reads (.txt, .md, .jsonl, .parquet). Check the path.`);
    }
    if (files.length < all.length) options.log(`${basename(folder)}: ${all.length - files.length} files of other kinds are left out`);
    return { name: basename(folder), sources: files, listing: false, documents: () => documents(folder, files, (file) => kindOf(file)!, options) };
  };
  return {
    id: 'folder',
    title: 'Folder',
    summary: 'Every text, JSONL and Parquet file below a folder, by path.',
    accepts: (_path, isFolder) => isFolder,
    open,
  };
}
