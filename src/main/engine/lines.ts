/** Lines of a stream as they arrive, each bounded, so that a process that prints without end costs no memory. */
import type { Readable } from 'node:stream';

const maxLine = 4000;

export function linesOf(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') onLine(line.slice(0, maxLine));
    if (rest.length > maxLine) {
      onLine(rest.slice(0, maxLine));
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
  stream.on('error', () => {});
}
