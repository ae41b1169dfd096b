/** Where the window was: kept in a file of the app's own folder, written whole at each change, and believed only where it fits the screens. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeJsonAtomic } from '../engine/files/atomic.ts';

const rectangleSchema = z.object({ x: z.number().int(), y: z.number().int(), width: z.number().int().positive(), height: z.number().int().positive() });
const stateSchema = z.object({ version: z.literal(1), bounds: rectangleSchema, maximised: z.boolean() });

/** In the screen's pixels, as Electron counts them. */
export type Rectangle = z.infer<typeof rectangleSchema>;

export interface WindowState {
  /** The place and size that the window has when it is not maximised. */
  readonly bounds: Rectangle;
  readonly maximised: boolean;
}

export const leastSize = { width: 800, height: 560 };
const firstSize = { width: 1440, height: 900 };
/** So much of the window must lie on a screen that it can be seen and dragged. */
const leastSeen = { width: 160, height: 60 };

function overlap(a: Rectangle, b: Rectangle): { width: number; height: number } {
  return { width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x), height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) };
}

/**
 * The state to open with on these screens (the parts of them that windows may use). A window that would lie where no screen is any
 * more loses its place and keeps its size; none is larger than the largest screen or smaller than the least size.
 */
export function fitToScreens(saved: WindowState | null, screens: readonly Rectangle[]): { readonly size: { width: number; height: number }; readonly place: { x: number; y: number } | null; readonly maximised: boolean } {
  const largest = { width: Math.max(leastSize.width, ...screens.map((screen) => screen.width)), height: Math.max(leastSize.height, ...screens.map((screen) => screen.height)) };
  const wanted = saved?.bounds ?? firstSize;
  const size = { width: Math.max(leastSize.width, Math.min(wanted.width, largest.width)), height: Math.max(leastSize.height, Math.min(wanted.height, largest.height)) };
  const seen = saved !== null && screens.some((screen) => {
    const shared = overlap({ ...saved.bounds, ...size }, screen);
    // The title bar is at the top: above a screen it cannot be reached.
    return shared.width >= leastSeen.width && shared.height >= leastSeen.height && saved.bounds.y >= screen.y - 8;
  });
  return { size, place: seen ? { x: saved.bounds.x, y: saved.bounds.y } : null, maximised: saved?.maximised ?? false };
}

/** The state of before, or null when there is none that can be read. */
export function readWindowState(file: string): WindowState | null {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What of a window is looked at; Electron's BrowserWindow has it. */
export interface WatchedWindow {
  on(event: 'resize' | 'move' | 'maximize' | 'unmaximize' | 'close', listener: () => void): unknown;
  isMaximized(): boolean;
  isDestroyed(): boolean;
  getNormalBounds(): Rectangle;
}

/** Writes the state half a second after each change, and once more as the window closes. A full disk costs the place, nothing else. */
export function keepWindowState(window: WatchedWindow, file: string, delay = 500): void {
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed()) return;
    try {
      writeJsonAtomic(file, { version: 1, bounds: window.getNormalBounds(), maximised: window.isMaximized() });
    } catch (error) {
      console.error(`the place of the window cannot be written: ${(error as Error).message}`);
    }
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, delay);
  };
  for (const event of ['resize', 'move', 'maximize', 'unmaximize'] as const) window.on(event, later);
  window.on('close', write);
}
