/** A text file that is written piece by piece in UTF-8; compressed as gzip members of about a megabyte, which any reader takes as one stream. */
import { closeSync, openSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { writeAll } from '../../../engine/files/atomic.ts';

const pieceCharacters = 1 << 20;

export class TextFile {
  readonly #fd: number;
  readonly #gzip: boolean;
  #pending: string[] = [];
  #characters = 0;

  /** Kind conflict (EEXIST) when the file is there. */
  constructor(path: string, gzip = false) {
    this.#fd = openSync(path, 'wx');
    this.#gzip = gzip;
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= pieceCharacters) this.#flush();
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  #flush(): void {
    if (this.#characters === 0) return;
    // Half a surrogate pair has no UTF-8: it becomes U+FFFD.
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    writeAll(this.#fd, this.#gzip ? gzipSync(bytes, { level: 1 }) : bytes);
    this.#pending = [];
    this.#characters = 0;
  }
}

/** Calls `fill` with a new file and closes it, whatever happens. */
export function withTextFile<T>(path: string, gzip: boolean, fill: (file: TextFile) => T): T {
  const file = new TextFile(path, gzip);
  try {
    return fill(file);
  } finally {
    file.close();
  }
}
