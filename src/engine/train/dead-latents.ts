/** Which latents are dead: not fired for a number of tokens (not steps: sae-standard.md section 0). */
import type { Cell } from '../ops/cell.ts';

/** Latents whose count in int32 [dSae] has reached `window`, ascending; int32 [dead]. */
export function deadLatents(sinceFired: Cell, window: number): Int32Array {
  const held = sinceFired.read();
  const since = held.dataSync() as Int32Array;
  held.dispose();
  let count = 0;
  for (const tokens of since) count += Number(tokens >= window);
  const dead = new Int32Array(count);
  let at = 0;
  for (let j = 0; j < since.length && at < count; j++) if (since[j]! >= window) dead[at++] = j;
  return dead;
}
