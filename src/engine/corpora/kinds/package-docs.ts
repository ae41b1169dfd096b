/** Technical English that comes with Loupe: the Markdown files that resources/sample-corpus.json pins by hash. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { entryPath } from '../../entry.ts';
import type { Corpus, CorpusDocument, CorpusKind, CorpusOptions } from '../definition.ts';
import { findPackage } from '../packages.ts';

const fileSchema = z.strictObject({
  package: z.string().describe('name@version'),
  path: z.string().describe('Inside the package'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const listSchema = z.strictObject({ about: z.string(), files: z.array(fileSchema).min(1) });

export type PinnedFile = z.infer<typeof fileSchema>;

const maxFileBytes = 16 * 1024 * 1024;

/** The committed list. */
export function pinnedFiles(): readonly PinnedFile[] {
  return listSchema.parse(JSON.parse(readFileSync(join(entryPath('resources'), 'sample-corpus.json'), 'utf8'))).files;
}

/** The text of a pinned file, or why it cannot be used. */
export function readPinned(file: PinnedFile): { readonly text: string } | { readonly problem: string } {
  const at = file.package.lastIndexOf('@');
  const [name, version] = [file.package.slice(0, at), file.package.slice(at + 1)];
  const found = findPackage(name);
  if (found === null) return { problem: 'is not installed' };
  if (found.version !== version) return { problem: `is installed as ${found.version}` };
  const path = join(found.folder, file.path);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > maxFileBytes) return { problem: `has no usable file ${file.path}` };
  const bytes = readFileSync(path);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== file.sha256) return { problem: `has another ${file.path} (sha256 ${hash.slice(0, 12)}...)` };
  return { text: bytes.toString('utf8') };
}

async function* documents(options: CorpusOptions): AsyncGenerator<CorpusDocument> {
  let used = 0;
  for (const file of pinnedFiles()) {
    const read = readPinned(file);
    if ('problem' in read) {
      options.log(`package-docs: ${file.package} ${read.problem}; skipped`);
      continue;
    }
    used++;
    yield { id: `${file.package}/${file.path}`, text: read.text };
  }
  if (used === 0) throw new LoupeError('missing-component', 'corpus: none of the pinned packages of package-docs is installed. Run npm run setup.');
}

async function open(_path: string, options: CorpusOptions): Promise<Corpus> {
  const sources = pinnedFiles().map((file) => `${file.package}/${file.path}`);
  return { name: 'package-docs', sources, listing: false, documents: () => documents(options) };
}

export const packageDocsKind: CorpusKind = {
  id: 'package-docs',
  title: 'Package documentation',
  summary: 'Markdown documentation of the npm packages that Loupe is built with, pinned by version and hash. Comes with Loupe.',
  open,
};
