import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fitToScreens, keepWindowState, readWindowState } from '../../../src/main/window-state.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1040 };
const saved = (x: number, y: number, width = 1000, height = 700): { bounds: { x: number; y: number; width: number; height: number }; maximised: boolean } => ({ bounds: { x, y, width, height }, maximised: false });

test('a window comes back where it was, as long as it can be seen and dragged there', () => {
  assert.deepEqual(fitToScreens(saved(100, 80), [screen]), { size: { width: 1000, height: 700 }, place: { x: 100, y: 80 }, maximised: false });
  // A second screen on the right has gone; the window was on it.
  assert.equal(fitToScreens(saved(2000, 80), [screen]).place, null);
  assert.deepEqual(fitToScreens(saved(2000, 80), [screen, { ...screen, x: 1920 }]).place, { x: 2000, y: 80 });
  // 100 px at the right edge is too little; a title bar above the screen cannot be reached.
  assert.equal(fitToScreens(saved(1820, 80), [screen]).place, null);
  assert.equal(fitToScreens(saved(100, -300), [screen]).place, null);
});

test('sizes lie between the least and the screen; the first window has a size of its own', () => {
  assert.deepEqual(fitToScreens(saved(0, 0, 5000, 4000), [screen]).size, { width: 1920, height: 1040 });
  assert.deepEqual(fitToScreens(saved(0, 0, 10, 10), [screen]).size, { width: 800, height: 560 });
  assert.deepEqual(fitToScreens(null, [screen]), { size: { width: 1440, height: 900 }, place: null, maximised: false });
  assert.deepEqual(fitToScreens(null, []).size, { width: 800, height: 560 });
});

test('a state that is broken, half written or of another form is none', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-window-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'window.json');
  assert.equal(readWindowState(file), null);
  for (const text of ['', '{"version": 1', '{"version": 2}', '{"version": 1, "maximised": true, "bounds": {"x": 0, "y": 0, "width": -1, "height": "a"}}']) {
    writeFileSync(file, text);
    assert.equal(readWindowState(file), null, text);
  }
});

test('what is written as the window closes is read at the next start; a place that cannot be written costs nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-window-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bounds = { x: 1, y: 2, width: 900, height: 600 };
  const window = Object.assign(new EventEmitter(), { isMaximized: () => true, isDestroyed: () => false, getNormalBounds: () => bounds });
  const file = join(folder, 'below', 'window.json');
  keepWindowState(window, file);
  window.emit('close');
  assert.deepEqual(readWindowState(file), { version: 1, bounds, maximised: true });
  const log = t.mock.method(console, 'error', () => {});
  keepWindowState(window, join(file, 'no'));
  window.emit('close');
  assert.equal(log.mock.callCount(), 1);
  assert.match(readFileSync(file, 'utf8'), /900/);
});
