/** Progress on standard error: one line that rewrites itself on a terminal, a line every few seconds elsewhere. */

const mega = (bytes) => (bytes >= 1e7 ? `${Math.round(bytes / 1e6)}` : (bytes / 1e6).toFixed(1));

/** "120 of 274 MB, 36 MB/s, 4 s left". @param {number} done @param {number} total @param {number} elapsedMs */
export function describeProgress(done, total, elapsedMs) {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  const left = rate > 0 ? Math.ceil((total - done) / rate) : undefined;
  const eta = left === undefined || elapsedMs < 500 || done < total * 0.01 ? '' : `, ${mega(rate)} MB/s, ${left >= 60 ? `${Math.ceil(left / 60)} min` : `${left} s`} left`;
  return `${mega(done)} of ${mega(total)} MB${eta}`;
}

/** @param {{stream?: NodeJS.WriteStream, now?: () => number}} [options] */
export function createReporter({ stream = process.stderr, now = Date.now } = {}) {
  const isTerminal = stream.isTTY === true;
  const quietMs = isTerminal ? 100 : 5000;
  let lastWrite = 0;
  let lineOpen = false;

  const line = (text) => {
    stream.write(`${lineOpen ? '\r\x1b[2K' : ''}${text}\n`);
    lineOpen = false;
  };
  /** A function that reports (done, total) under a title. */
  const bar = (title) => {
    const start = now();
    return (done, total) => {
      const time = now();
      if (time - lastWrite < quietMs) return;
      lastWrite = time;
      const text = `  ${title}: ${describeProgress(done, total, time - start)}`;
      if (isTerminal) stream.write(`\r\x1b[2K${text}`);
      else stream.write(`${text}\n`);
      lineOpen = isTerminal;
    };
  };
  return { line, bar };
}
