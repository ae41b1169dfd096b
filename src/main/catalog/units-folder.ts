/** Where the dictionary of a model's units lies: with the dictionaries of the workspace, where live questions look for it. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { kindFolder } from '../workspace/layout.ts';

type Config = Readonly<Record<string, unknown>>;

const storedHooks = z.object({ hooks: z.array(z.object({ name: z.string() })) });
const unitsHook = /\.mlp\.hook_post$/;

/** What of a path or a hook can stand in a folder's name. */
function word(text: string): string {
  return text.replace(/\.gguf$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100).replace(/^[-._]+|[-._]+$/g, '');
}

/** The folder for the units at `hook` of the model at `model`; another `keep` is another dictionary. */
export function unitsFolder(workspace: string, model: string, hook: string, keep: number | null): string {
  const parts = [word(basename(model)), word(hook.replace(unitsHook, '')), keep === null ? '' : String(keep), 'units'];
  return join(kindFolder(workspace, 'dictionary'), parts.filter((part) => part !== '').join('-'));
}

/** The only hook of a store that holds units, or ''. What is wrong with the store, the build says. */
function onlyHook(store: unknown): string {
  try {
    const { hooks } = storedHooks.parse(JSON.parse(readFileSync(join(String(store), 'manifest.json'), 'utf8')));
    const found = hooks.filter(({ name }) => unitsHook.test(name));
    return found.length === 1 ? found[0]!.name : '';
  } catch {
    return '';
  }
}

/** A build's config, with the folder named where units are asked for and none is. */
export function withUnitsFolder(workspace: string, config: Config): Record<string, unknown> {
  const { features, dictionary, model, store, hook, keep } = config;
  if (features !== 'units' || (typeof dictionary === 'string' && dictionary.trim() !== '') || typeof model !== 'string') return { ...config };
  const named = typeof hook === 'string' && hook !== '' ? hook : onlyHook(store);
  return { ...config, hook: named, dictionary: unitsFolder(workspace, model, named, typeof keep === 'number' ? keep : null) };
}
