/** `loupe models list` and `loupe models inspect`: which models there are, and what one is. */
import { findModels } from '../../engine/lm/find.ts';
import { inspectModel } from '../../engine/lm/load.ts';
import { scanWorkspace } from '../../main/workspace/scan.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { FoundModel } from '../../shared/schema/workspace.ts';
import type { CliCommand } from '../command.ts';

async function inWorkspace(workspace: string): Promise<FoundModel[]> {
  const { items } = await scanWorkspace(workspace).catch(() => ({ items: [] }));
  return items.filter((item) => item.kind === 'model').map(({ path, name, bytes, problem }) => ({ path, name, origin: 'workspace', bytes, problem }));
}

function line({ path, name, origin, bytes, problem }: FoundModel): string {
  const size = `${(bytes / 1e6).toFixed(0)} MB`;
  return `${name.padEnd(36)} ${origin.padEnd(13)} ${size.padStart(9)}  ${path}${problem === null ? '' : `\n    cannot be used: ${problem}`}`;
}

export const listCommand: CliCommand = {
  name: 'models list',
  summary: 'Models in the workspace and in other programs\' folders',
  configure: () => undefined,
  async run(_args, _options, { workspace }) {
    const own = await inWorkspace(workspace);
    const known = new Set(own.map((model) => model.path));
    const models = [...own, ...findModels().filter((model) => !known.has(model.path))];
    return { json: { models }, text: models.length === 0 ? 'no models found; give a path to any command that takes --model' : models.map(line).join('\n') };
  },
};

export const inspectCommand: CliCommand = {
  name: 'models inspect',
  summary: 'Family, sizes and hooks of a model, without loading its weights',
  configure: (command) => void command.argument('<path>', 'a folder with config.json and *.safetensors, or a GGUF file'),
  async run([path]) {
    if (path === undefined) throw new LoupeError('bad-request', 'PATH is missing: give a folder with config.json and *.safetensors, or a GGUF file');
    const info = inspectModel(path);
    const kinds = new Map<string, { readonly d: number; count: number }>();
    for (const { name, d } of info.hooks) {
      const kind = name.replace(/^blocks\.\d+\./u, 'blocks.L.');
      kinds.set(kind, { d, count: (kinds.get(kind)?.count ?? 0) + 1 });
    }
    const text = [
      `${info.name}: ${info.family} (${info.format}), ${info.layers} layers, d_model ${info.dModel}, ${info.heads} heads, ${info.vocab} tokens, context ${info.contextLength}, ${(info.parameters / 1e6).toFixed(1)} M parameters`,
      ...[...kinds].map(([kind, { d }]) => `  ${kind.padEnd(34)} ${d}`),
    ];
    return { json: { ...info }, text: text.join('\n') };
  },
};
