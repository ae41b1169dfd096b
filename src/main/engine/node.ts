/** Which Node runs the engine: the one we run under, the pinned one, or Electron's own as a plain Node. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../../engine/entry.ts';

export interface NodeCommand {
  readonly execPath: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The pinned Node of a checkout or of a packed app, whose packager leaves `.bin` out; null where it is not installed. */
export function pinnedNode(root: string, platform: NodeJS.Platform = process.platform, arch: string = process.arch): string | null {
  const name = platform === 'win32' ? 'node.exe' : 'node';
  const places = [join(root, 'node_modules', '.bin', name), join(root, 'node_modules', `node-${platform === 'win32' ? 'win' : platform}-${arch}`, 'bin', name)];
  return places.find((path) => existsSync(path)) ?? null;
}

/** Under Electron the pinned Node is preferred: the tensor runtime's binding was built for it. */
export function engineNode(
  versions: NodeJS.ProcessVersions = process.versions, root: string = entryPath('root'), platform: NodeJS.Platform = process.platform,
): NodeCommand {
  if (versions['electron'] === undefined) return { execPath: process.execPath, env: process.env };
  const pinned = pinnedNode(root, platform);
  if (pinned !== null) return { execPath: pinned, env: process.env };
  return { execPath: process.execPath, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } };
}
