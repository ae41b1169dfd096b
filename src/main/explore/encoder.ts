/** Which sentence encoder serves: the folder that the workspace names, else the component of set-up; and fetching the latter. */
import { installedEncoder, sentenceEncoderComponent } from '../../engine/lm/encoders/find.ts';
import { LoupeError } from '../../shared/errors.ts';
import { installComponent, type Installer } from '../components.ts';
import { readSettings } from '../workspace/settings.ts';

export interface EncoderChoice {
  readonly folder: string;
  readonly origin: 'workspace' | 'component';
}

/** The encoder's folder, or null where there is none. */
export function chosenEncoder(workspace: string, cache?: string): EncoderChoice | null {
  const { encoder } = readSettings(workspace);
  if (encoder !== null) return { folder: encoder, origin: 'workspace' };
  const folder = installedEncoder(cache);
  return folder === null ? null : { folder, origin: 'component' };
}

/** The encoder's folder. Kind missing-component says how to get one, with a network and without. */
export function requireEncoder(workspace: string, given = ''): string {
  const folder = given === '' ? chosenEncoder(workspace)?.folder : given;
  if (folder !== undefined) return folder;
  const { name, bytes } = sentenceEncoderComponent();
  throw new LoupeError('missing-component', `there is no sentence encoder yet: install ${name} (${Math.round(bytes / 1e6)} MB), or name the folder of one with --encoder or in the Features page's search`);
}

/** Fetches the component and gives its folder. Kinds: missing-component with what would help, cancelled. */
export function installEncoder(signal: AbortSignal, log: (line: string) => void, how?: Installer): Promise<string> {
  const wanted = { id: 'sentence-encoder', title: 'the sentence encoder', instead: 'Without a network, name a folder that holds one.' };
  return installComponent(wanted, signal, log, how);
}
