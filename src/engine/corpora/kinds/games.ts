/** Chess games as a corpus, each a document: the file that `loupe data chess` writes, by its usual name or by its path. */
import type { CorpusKind } from '../definition.ts';
import { holdsGames, openGames, usualGames } from '../games.ts';

export const gamesKind: CorpusKind = {
  id: 'games',
  title: 'Chess games',
  summary: 'A file of transcripts as loupe data chess writes it: a document is a game.',
  accepts: (path, isFolder) => !isFolder && holdsGames(path),
  open: async (path) => openGames(path),
};

export const chessKind: CorpusKind = {
  id: 'chess',
  title: 'Chess games',
  summary: 'The games that loupe data chess made last, without a name of their own: a document is a game.',
  open: async () => openGames(usualGames()),
};
