/** Opens an address in the user's browser, by the platform's own means. */
import { spawn } from 'node:child_process';

/** The program that opens addresses, with its arguments. */
export function opener(address: string, platform: NodeJS.Platform = process.platform): readonly [string, readonly string[]] {
  if (platform === 'darwin') return ['open', [address]];
  // `start` is a word of the shell, which would read & as its own; rundll32 takes the address as it is.
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', address]];
  return ['xdg-open', [address]];
}

/** False when the program is missing, fails, or has not ended or settled within three seconds of being asked. */
export function openInBrowser(address: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  if (platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return Promise.resolve(false);
  const [program, args] = opener(address, platform);
  return new Promise((resolve) => {
    const child = spawn(program, [...args], { stdio: 'ignore', detached: true });
    // Some openers stay until the browser ends: after three seconds it counts as opened.
    const settled = setTimeout(() => resolve(true), 3000);
    child.once('error', () => resolve(false));
    child.once('exit', (status) => resolve(status === 0));
    child.once('exit', () => clearTimeout(settled));
    child.unref();
  });
}
