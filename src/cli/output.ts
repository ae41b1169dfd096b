/** stdout belongs to the result: whatever libraries and the runtime print goes to stderr instead. */
import type { Progress } from '../shared/schema/job.ts';

export interface Output {
  /** Text for the true stdout; resolves when it has left the process. */
  readonly result: (text: string) => Promise<void>;
  readonly line: (line: string) => void;
  readonly progress: (progress: Progress) => void;
  /** Ends a progress line that is still open, and gives stdout back. */
  readonly close: () => void;
}

type Write = typeof process.stdout.write;

function writeFully(write: Write, text: string): Promise<void> {
  return new Promise((done) => {
    // A reader that has gone away (`loupe ... | head -1`) is not an error of ours.
    process.stdout.once('error', () => done());
    write(text, () => done());
  });
}

function figure(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(value < 10 ? 1 : 0);
}

/** "1 h 02 min", "3 min 20 s", "12 s". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
  return s >= 60 ? `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s` : `${s} s`;
}

/** One line of text for a progress report. */
export function progressLine(progress: Progress): string {
  const parts = [progress.phase];
  if (progress.total > 0) {
    parts.push(`${progress.step.toLocaleString('en-US')}/${progress.total.toLocaleString('en-US')}`);
    parts.push(`${Math.floor((100 * progress.step) / progress.total)} %`);
  }
  if (progress.tokensPerSecond !== null) parts.push(`${figure(progress.tokensPerSecond)} tokens/s`);
  for (const [name, value] of Object.entries(progress.metrics)) if (value !== null) parts.push(`${name} ${Number(value.toPrecision(4))}`);
  if (progress.etaSeconds !== null) parts.push(`${duration(progress.etaSeconds)} left`);
  if (progress.message !== null && progress.message !== '') parts.push(progress.message);
  return parts.join('  ');
}

/** Rewrites one line on a terminal, ten times a second at most; elsewhere prints a line each five seconds and at each new phase. */
function progressPrinter(stream: NodeJS.WriteStream): { show: (progress: Progress) => void; end: () => void } {
  let last = 0;
  let phase = '';
  let open = false;
  const show = (progress: Progress): void => {
    const now = performance.now();
    const due = progress.phase !== phase || now - last >= (stream.isTTY ? 100 : 5000) || progress.step === progress.total;
    if (!due) return;
    [last, phase] = [now, progress.phase];
    const line = progressLine(progress);
    if (stream.isTTY) stream.write(`\r\x1b[K${line.slice(0, Math.max(20, (stream.columns ?? 100) - 1))}`);
    else stream.write(`${line}\n`);
    open = Boolean(stream.isTTY);
  };
  return { show, end: () => { if (open) stream.write('\n'); open = false; } };
}

/** Takes stdout over until `close`. */
export function captureOutput(): Output {
  const original = process.stdout.write;
  const write = original.bind(process.stdout) as Write;
  process.stdout.write = process.stderr.write.bind(process.stderr) as Write;
  const printer = progressPrinter(process.stderr);
  return {
    result: (text) => writeFully(write, text),
    line: (line) => {
      printer.end();
      process.stderr.write(`${line}\n`);
    },
    progress: printer.show,
    close: () => {
      printer.end();
      process.stdout.write = original;
    },
  };
}
