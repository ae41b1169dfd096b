/** Chess games as text: the file of `loupe data chess`. */
import { openGames, usualGames } from '../games.ts';
import type { Domain, DomainDocument, DomainText } from './definition.ts';

async function* documents(path: string): AsyncGenerator<DomainDocument> {
  for await (const { id, text } of openGames(path).documents()) yield { id, text, group: id };
}

/** The games at `path`. Kind missing-component where there are none. */
export function chessText(path: string): DomainText {
  return { sources: openGames(path).sources, documents: () => documents(path) };
}

export const chess: Domain = {
  id: 'chess', title: 'Chess', summary: 'The games that "loupe data chess" made, a transcript each',
  open: async () => chessText(usualGames()),
};
