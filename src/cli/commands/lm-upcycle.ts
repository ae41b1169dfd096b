/** `loupe lm upcycle`: a mixture of experts made of a trained dense GPT. */
import { resolve } from 'node:path';
import { parseConfig } from '../../engine/config-issues.ts';
import { loadBackend } from '../../engine/backend/load.ts';
import { upcycleModel, upcycleSchema, type UpcycleConfig } from '../../engine/lm/own/upcycle-model.ts';
import type { CliCommand } from '../command.ts';
import { required, setFields } from '../options.ts';

export const command: CliCommand = {
  name: 'lm upcycle',
  summary: 'Make a mixture of experts of a trained dense GPT, to be trained on with lm train --from',
  configure: (command) => void command
    .option('--model <dir>', 'a dense GPT that Loupe trained')
    .option('--out <dir>', 'folder for the new model')
    .option('--arch <id>', 'moe-x or switch', 'moe-x')
    .option('--noise <x>', 'spread of the noise that breaks ties, as a share of each matrix', '0.02')
    .option('--shift <x>', "how far each expert's encoder moves as a whole, as a share of the matrix", '0.1')
    .option('--dtype <name>', 'float32 or float16', 'float32')
    .option('--set <field=value...>', "the layer's own fields, like --set experts=8 k=2"),
  async run(_args, options, context) {
    const [model, out] = [resolve(required(options, 'model', 'a dense GPT that Loupe trained')), resolve(required(options, 'out', 'a folder for the new model'))];
    const config = parseConfig(upcycleSchema, { model, out, arch: options['arch'], noise: Number(options['noise']), shift: Number(options['shift']), dtype: options['dtype'], layer: setFields(options), seed: context.seed }) as UpcycleConfig;
    await loadBackend();
    const json = upcycleModel(config);
    const figure = (name: string): string => Number(json[name]).toLocaleString('en');
    return { json, text: `${out}: ${figure('experts')} experts, ${figure('parameters')} parameters, ${figure('active_parameters')} of them active. Go on with: loupe lm train --from ${out} --out DIR ...` };
  },
};
