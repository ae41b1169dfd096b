/** The order in which documents are used: as they come, or shuffled by a seed within a bounded window. */
import { Random } from '../random.ts';
import type { CorpusDocument } from './definition.ts';

export interface ShuffleWindow {
  /** Documents held at most. */
  readonly documents: number;
  /** Text held at most, in UTF-16 units. */
  readonly length: number;
}

const defaultWindow: ShuffleWindow = { documents: 1 << 18, length: 64 * 1024 * 1024 };

/**
 * The documents in a seeded random order: the window is filled, then each step gives a uniformly chosen document of the
 * window away and takes the next one in. A corpus that fits the window comes out in a uniformly random order.
 */
export async function* shuffled(documents: AsyncIterable<CorpusDocument>, seed: number, window: ShuffleWindow = defaultWindow): AsyncGenerator<CorpusDocument> {
  const random = Random.from(seed, 'corpus-order');
  const held: CorpusDocument[] = [];
  let length = 0;
  const draw = (): CorpusDocument => {
    const place = random.integer(held.length);
    const drawn = held[place]!;
    held[place] = held.at(-1)!;
    held.pop();
    length -= drawn.text.length;
    return drawn;
  };
  for await (const document of documents) {
    held.push({ id: document.id, text: detached(document.text) });
    length += document.text.length;
    while (held.length > window.documents || length > window.length) yield draw();
  }
  while (held.length > 0) yield draw();
}

/** A copy that shares no memory: a short piece of a long string would keep the whole of it alive while it is held. */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
