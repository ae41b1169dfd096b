/** The bridge between the sandboxed page and main: it passes commands and one port of events, and knows none of them. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';

const prefix = 'loupe:';

contextBridge.exposeInMainWorld('loupe', {
  invoke: (name: unknown, input: unknown): Promise<unknown> => ipcRenderer.invoke(prefix + String(name), input),
  /** The path of a file that the user dropped on the window. */
  pathOf: (file: File): string => webUtils.getPathForFile(file),
});

// A port cannot cross the context bridge as a value; as a message to our own window it can.
ipcRenderer.on(`${prefix}events`, (event) => window.postMessage(`${prefix}events`, location.origin, event.ports));
