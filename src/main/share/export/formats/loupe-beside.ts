/** What an exported catalog keeps beside its features: lists, directions of texts, maps. Saved views stay behind: they name lists and sources by numbers that change. */
import { LoupeError } from '../../../../shared/errors.ts';
import type { WriteHandle } from '../../../catalog/handle.ts';
import { addEncoder, encoders, putEmbedding } from '../../../catalog/tables/embeddings.ts';
import { addItem, addList, allLists, listItems } from '../../../catalog/tables/lists.ts';
import { putMap } from '../../../catalog/tables/maps.ts';
import { walkDirections, walkMaps } from '../../../catalog/walk.ts';
import type { ExportReader } from '../reader.ts';
import { hidesText } from '../redact.ts';

/** New ids of sources by old ones. */
type Sources = ReadonlyMap<number, number>;

/** The lists that stand with those of their features that were written; a list that is left with none is left out. */
function writeLists(reader: ExportReader, to: WriteHandle, sources: Sources): void {
  const { people } = reader.redaction;
  const kept = new Map(reader.sources.map(({ source, indices }) => [source.id, new Set(indices)]));
  for (const list of allLists(reader.db).filter(({ deletedAt }) => deletedAt === null)) {
    const items = listItems(reader.db, list.id).filter((item) => kept.get(item.source)?.has(item.feature) === true);
    if (items.length === 0) continue;
    const id = addList(to, people ? { ...list, author: '', notes: '' } : list);
    for (const item of items) addItem(to, { ...item, list: id, source: sources.get(item.source)!, ...(people ? { author: '', note: '' } : {}) });
  }
}

function refuse(reader: ExportReader, problem: string | null): void {
  if (problem !== null) throw new LoupeError('bad-file', `${reader.db.path} is not exported: ${problem}. \`loupe catalog verify\` says more.`);
}

/** Directions of texts and maps of whole sources. Directions are made of the words that a redaction hides, so they go with them. */
function writeMeaning(reader: ExportReader, to: WriteHandle, sources: Sources): void {
  if (hidesText(reader.redaction)) return;
  const whole = new Set(reader.sources.filter((selected) => selected.whole).map(({ source }) => source.id));
  for (const encoder of whole.size === 0 ? [] : encoders(reader.db)) {
    const id = addEncoder(to, encoder);
    for (const source of whole) {
      for (const { row, problem } of walkDirections(reader.db, encoder, source)) {
        refuse(reader, problem);
        putEmbedding(to, id, sources.get(source)!, row);
      }
    }
  }
  for (const { row, problem } of walkMaps(reader.db)) {
    if (!whole.has(row.source)) continue;
    refuse(reader, problem);
    putMap(to, { ...row, source: sources.get(row.source)! });
  }
}

export function writeBeside(reader: ExportReader, to: WriteHandle, sources: Sources): void {
  to.transaction(() => {
    writeLists(reader, to, sources);
    writeMeaning(reader, to, sources);
  });
}
