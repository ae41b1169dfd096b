/** Games that begin alike: what tells duplicates, and keeps a measurement from seeing what training saw (data.md L.8). */
import { createHash } from 'node:crypto';

/** The first plies of a transcript as they are written; a transcript need not be whole or legal. */
export function openingOf(transcript: string, plies: number): string {
  return transcript.slice(1).split(' ', plies).join(' ');
}

/** Of all openings: games that begin with one of these are to measure by, and no training on games sees them. */
export const heldOutShare = 1 / 8;

/** Whether a game is held out: games of one opening of six plies stay on one side. `share` of the openings, by their hash; another `salt` draws others. */
export function isHeldOut(transcript: string, share: number = heldOutShare, salt = ''): boolean {
  return createHash('sha256').update(salt + openingOf(transcript, 6)).digest().readUInt32LE(0) / 2 ** 32 < share;
}
