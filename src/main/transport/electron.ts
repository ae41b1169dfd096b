/** The Electron host: commands by `invoke` on one channel prefix from our own frame only, events by one MessagePort a window. */
import { MessageChannelMain, ipcMain } from 'electron';
import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { commands } from '../../shared/contract.ts';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import type { EventHub } from '../events.ts';
import type { Invoke } from '../invoke.ts';

export const channelPrefix = 'loupe:';
/** The page of the studio. A scheme of its own, so that files of the disk are of another origin. */
export const studioOrigin = 'app://studio';

/** True for the top frame of a window that shows our own page. */
export function isOwnFrame(event: Pick<IpcMainInvokeEvent, 'senderFrame' | 'sender'>): boolean {
  const frame = event.senderFrame;
  if (frame === null || frame !== event.sender.mainFrame) return false;
  try {
    const { protocol, host } = new URL(frame.url);
    return `${protocol}//${host}` === studioOrigin;
  } catch {
    return false;
  }
}

/** Answers every command of the contract. Errors are values: what Electron makes of a rejection has no kind. The undo is returned. */
export function registerCommands(invoke: Invoke): () => void {
  const names = Object.keys(commands);
  for (const name of names) {
    ipcMain.handle(channelPrefix + name, async (event, input: unknown) => {
      try {
        if (!isOwnFrame(event)) throw new LoupeError('bad-request', 'commands are taken from the studio\'s own page only');
        return { output: await invoke(name, input) };
      } catch (error) {
        return { error: toErrorBody(error) };
      }
    });
  }
  return () => {
    for (const name of names) ipcMain.removeHandler(channelPrefix + name);
  };
}

/** Sends events to a page that has loaded, through a port of its own. Ends with the page; the undo is returned. */
export function connectEvents(contents: WebContents, hub: EventHub): () => void {
  const { port1, port2 } = new MessageChannelMain();
  contents.postMessage(`${channelPrefix}events`, null, [port2]);
  const unsubscribe = hub.subscribe((name, payload) => port1.postMessage({ name, payload }));
  const end = (): void => {
    unsubscribe();
    port1.close();
  };
  port1.on('close', unsubscribe);
  port1.start();
  return end;
}
