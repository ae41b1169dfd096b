/** `models` and `vocabulary`: whose activations these are, and the text of every token id. */
import type { ReadHandle, WriteHandle } from '../handle.ts';
import { integer, text } from '../cells.ts';

export interface ModelRow {
  readonly id: number;
  readonly hash: string;
  readonly tokenizerHash: string;
  readonly name: string;
  readonly family: string;
  readonly dModel: number;
  readonly layers: number;
}

export interface VocabularyEntry {
  readonly text: string;
  readonly special: boolean;
}

export function models(db: ReadHandle): ModelRow[] {
  return db.all('SELECT id, hash, tokenizer_hash, name, family, d_model, layers FROM models ORDER BY id').map((row) => ({
    id: integer(row, 'id'), hash: text(row, 'hash', 200), tokenizerHash: text(row, 'tokenizer_hash', 200), name: text(row, 'name', 1000),
    family: text(row, 'family', 200), dModel: integer(row, 'd_model'), layers: integer(row, 'layers'),
  }));
}

export function findModel(db: ReadHandle, hash: string, tokenizerHash: string): number | null {
  const row = db.get('SELECT id FROM models WHERE hash = ? AND tokenizer_hash = ?', hash, tokenizerHash);
  return row === undefined ? null : integer(row, 'id');
}

export function addModel(db: WriteHandle, model: Omit<ModelRow, 'id'>): number {
  return db.run(
    'INSERT INTO models (hash, tokenizer_hash, name, family, d_model, layers) VALUES (?, ?, ?, ?, ?, ?)',
    model.hash, model.tokenizerHash, model.name, model.family, model.dModel, model.layers,
  ).id;
}

export function addVocabularyEntry(db: WriteHandle, model: number, token: number, entry: VocabularyEntry): void {
  db.run('INSERT INTO vocabulary (model, token, text, special) VALUES (?, ?, ?, ?)', model, token, entry.text, entry.special ? 1 : 0);
}

export function vocabularyEntry(db: ReadHandle, model: number, token: number): VocabularyEntry | null {
  const row = db.get('SELECT text, special FROM vocabulary WHERE model = ? AND token = ?', model, token);
  return row === undefined ? null : { text: text(row, 'text', 1000), special: integer(row, 'special') === 1 };
}

export function* vocabulary(db: ReadHandle, model: number): Generator<{ token: number } & VocabularyEntry> {
  for (const [token, words, special] of db.each('SELECT token, text, special FROM vocabulary WHERE model = ? ORDER BY token', model)) {
    const row = { token, text: words, special };
    yield { token: integer(row, 'token'), text: text(row, 'text', 1000), special: integer(row, 'special') === 1 };
  }
}
