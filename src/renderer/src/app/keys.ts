/** Key strokes: matching, two-stroke sequences ("G W"), and how they are written. Pure. */

export interface Stroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const isLetter = (key: string): boolean => key.toLowerCase() !== key.toUpperCase();

/** The canonical name of a stroke: "K", "Shift+K", "Mod+K", "ArrowDown", "Space", "?", "Shift+Enter". */
export function strokeName(stroke: Stroke): string {
  const key = stroke.key === ' ' ? 'Space' : stroke.key.length === 1 ? stroke.key.toUpperCase() : stroke.key;
  // Shift is part of a printed sign ("?"); it is named with letters and with keys that print nothing.
  const shift = stroke.shiftKey && (key.length > 1 || isLetter(key) || stroke.ctrlKey || stroke.metaKey) ? 'Shift+' : '';
  const alt = stroke.altKey ? 'Alt+' : '';
  return `${stroke.ctrlKey || stroke.metaKey ? 'Mod+' : ''}${alt}${shift}${key}`;
}

export interface SequenceResult<T> {
  readonly matched: T | undefined;
  /** The strokes to remember for the next one. */
  readonly pending: string;
}

/** Finds the binding for `name` after the strokes in `pending`; a first stroke of a longer binding is remembered. */
export function advance<T extends { readonly keys: readonly string[] }>(bindings: readonly T[], pending: string, name: string): SequenceResult<T> {
  const typed = pending === '' ? name : `${pending} ${name}`;
  const matched = bindings.find((binding) => binding.keys.includes(typed));
  if (matched) return { matched, pending: '' };
  if (bindings.some((binding) => binding.keys.some((keys) => keys.startsWith(`${typed} `)))) return { matched: undefined, pending: typed };
  return pending === '' ? { matched: undefined, pending: '' } : advance(bindings, '', name);
}

const shownKeys: Readonly<Record<string, string>> = {
  ArrowDown: '↓', ArrowUp: '↑', ArrowLeft: '←', ArrowRight: '→', Enter: 'Enter', Escape: 'Esc',
};

/** A binding as caps to draw: "Mod+K" -> ["Ctrl", "K"], "G W" -> ["G", "W"]. */
export function keyCaps(keys: string, mac: boolean): string[] {
  return keys.split(' ').flatMap((stroke) =>
    stroke.split('+').map((part) => (part === 'Mod' ? (mac ? '⌘' : 'Ctrl') : (shownKeys[part] ?? part))));
}
