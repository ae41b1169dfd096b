/** Code: the TypeScript and JavaScript of packages that Loupe itself runs on, so that every machine with Loupe has it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import { filesBelow } from '../kinds/folder.ts';
import { findPackage } from '../packages.ts';
import type { Domain, DomainDocument } from './definition.ts';

/** Packages with readable sources, and the folder where they lie; no two hold the same text. */
const places: readonly (readonly [name: string, folder: string, ending: string])[] = [
  ['zod', 'src/v4/core', '.ts'], ['zod', 'src/v4/classic', '.ts'], ['zod', 'src/v3', '.ts'],
  ['@huggingface/jinja', 'src', '.ts'], ['@huggingface/gguf', 'src', '.ts'], ['chess.js', 'src', '.ts'],
  ['hyparquet', 'src', '.js'], ['hyparquet-writer', 'src', '.js'], ['commander', 'lib', '.js'], ['ws', 'lib', '.js'], ['better-sqlite3', 'lib', '.js'],
  ['@tensorflow/tfjs-layers', 'dist', '.js'], ['@tensorflow/tfjs-core', 'dist/ops', '.js'], ['@tensorflow/tfjs-core', 'dist/gradients', '.js'],
  ['@tensorflow/tfjs-backend-cpu', 'dist/kernels', '.js'], ['@tensorflow/tfjs-backend-webgl', 'dist', '.js'], ['@tensorflow/tfjs-converter', 'dist', '.js'],
];

const mostBytes = 1 << 20;
/** A longer line is data (a source map, a table) and no code that somebody wrote. */
const longestLine = 400;
/** Characters of a document: files are cut behind the line that reaches it. */
const pieceLength = 1500;

/** The code of a file without its licence and without lines of data. */
export function plainCode(text: string): string {
  const withoutLicence = text.replace(/^\s*\/\*[\s\S]*?\*\//u, (comment) => (/licen[cs]e|copyright/iu.test(comment) ? '' : comment));
  return withoutLicence.split(/\r?\n/u).filter((line) => line.length <= longestLine && !line.startsWith('//# sourceMappingURL')).join('\n').trim();
}

/** The text in pieces of whole lines. */
export function* pieces(text: string, length = pieceLength): Generator<string> {
  let piece = '';
  for (const line of text.split('\n')) {
    piece += piece === '' ? line : `\n${line}`;
    if (piece.length < length) continue;
    yield piece;
    piece = '';
  }
  if (piece.trim() !== '') yield piece;
}

async function* documents(found: readonly { readonly label: string; readonly folder: string; readonly ending: string }[]): AsyncGenerator<DomainDocument> {
  for (const { label, folder, ending } of found) {
    for (const file of filesBelow(folder)) {
      if (!file.endsWith(ending) || /\.d\.ts$|\.min\.js$|_test\.js$|\.test\.ts$|(^|\/)(locales|tests|benchmarks)\//u.test(file)) continue;
      const path = join(folder, file);
      if (statSync(path).size > mostBytes) continue;
      const group = `${label}/${file}`;
      let number = 0;
      for (const text of pieces(plainCode(readFileSync(path, 'utf8')))) yield { id: `${group}:${number++}`, text, group };
    }
  }
}

export const code: Domain = {
  id: 'code', title: 'Code', summary: 'TypeScript and JavaScript of the npm packages that Loupe runs on',
  async open({ log }) {
    const found = places.flatMap(([name, folder, ending]) => {
      const place = findPackage(name);
      if (place === null || statSync(join(place.folder, folder), { throwIfNoEntry: false }) === undefined) {
        log(`domain:code: ${name} is not installed with ${folder}; left out`);
        return [];
      }
      return [{ label: `${name}@${place.version}/${folder}`, folder: join(place.folder, folder), ending }];
    });
    if (found.length === 0) throw new LoupeError('missing-component', 'corpus: none of the packages of domain:code is installed. Run npm run setup.');
    return { sources: found.map(({ label }) => label), documents: () => documents(found) };
  },
};
