/** Where set-up keeps the sentence encoder: the layout of `scripts/setup/sentence-encoder.mjs`; a test compares the two. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../backend/installed.ts';
import { entryPath } from '../../entry.ts';

interface EncoderPin {
  readonly wheel: { readonly bytes: number };
  readonly encoder: { readonly name: string };
}

/** What would be fetched: its name and its size in bytes; and the folder in which it then lies. */
export function sentenceEncoderComponent(cache: string = cacheRoot()): { readonly name: string; readonly bytes: number; readonly folder: string } {
  const pins = JSON.parse(readFileSync(join(entryPath('resources'), 'runtime-pins.json'), 'utf8')) as { sentenceEncoder: EncoderPin };
  const pin = pins.sentenceEncoder;
  const key = createHash('sha256').update(JSON.stringify(pin)).digest('hex').slice(0, 16);
  return { name: pin.encoder.name, bytes: pin.wheel.bytes, folder: join(cache, 'components', `sentence-encoder-${key}`, pin.encoder.name) };
}

/** The folder of the encoder that set-up installed, or null. */
export function installedEncoder(cache: string = cacheRoot()): string | null {
  const { folder } = sentenceEncoderComponent(cache);
  return existsSync(join(folder, 'config.json')) ? folder : null;
}
