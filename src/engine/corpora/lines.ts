/** Lines of a UTF-8 file with bounded memory: a line that is longer than the bound is reported, not held. */
import { readChunks } from './bytes.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end; null when it was longer than the bound. */
  readonly text: string | null;
}

/** A JSONL line or a WordNet entry is refused beyond this, in bytes. */
export const maxLineBytes = 64 * 1024 * 1024;

const newline = 0x0a;

/** Gathers the pieces of one line, and forgets them when they become too many. */
class LineBuffer {
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get empty(): boolean {
    return this.#bytes === 0;
  }

  add(piece: Uint8Array): void {
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#limit) this.#pieces = [];
    else if (piece.byteLength > 0) this.#pieces.push(piece);
  }

  take(decoder: TextDecoder): string | null {
    const text = this.#bytes > this.#limit ? null : this.#text(decoder);
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }

  #text(decoder: TextDecoder): string {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    const text = decoder.decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}

/** The lines of `path` (`.gz` and `.zst` are decompressed); a byte order mark is dropped, invalid UTF-8 becomes U+FFFD. */
export async function* readLines(path: string, limit: number = maxLineBytes): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const buffer = new LineBuffer(limit);
  let number = 0;
  const finish = (): Line => {
    const text = buffer.take(decoder);
    number++;
    return { number, text: number === 1 && text?.startsWith('\uFEFF') === true ? text.slice(1) : text };
  };
  for await (const chunk of readChunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      buffer.add(chunk.subarray(start, end));
      start = end + 1;
      yield finish();
    }
    buffer.add(chunk.subarray(start));
  }
  if (!buffer.empty) yield finish();
}
