/** The `loupe` command. */
import { captureOutput } from './output.ts';
import { LoupeError } from '../shared/errors.ts';
import { run } from './run.ts';

const output = captureOutput();
const stop = new AbortController();
let interrupts = 0;

function interrupted(): void {
  interrupts += 1;
  if (interrupts > 1) process.exit(130);
  output.line('Stopping (Ctrl-C again ends at once, without a checkpoint)');
  stop.abort(new LoupeError('cancelled', 'interrupted: the same command, run again, goes on from here'));
}

process.on('SIGINT', interrupted);
process.on('SIGTERM', interrupted);
const status = await run(process.argv.slice(2), output, stop.signal);
output.close();
// Thread pools and workers of the runtime may still be alive; the result has been written.
process.exit(status);
