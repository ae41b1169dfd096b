/** `loupe lm params`: what a model is made of, without making it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { describeIssues } from '../../engine/config-issues.ts';
import { ownConfigSchema, shapeOf, type OwnConfig } from '../../engine/lm/own/config.ts';
import { countParameters } from '../../engine/lm/own/parameters.ts';
import { presetConfig, presetNames } from '../../engine/lm/own/presets.ts';
import { lmNeeds } from '../../engine/lm/training/budget.ts';
import { roomAt, mib } from '../../engine/train/budget.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { setFields, wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--arch <id>', 'kind of layer', 'dense')
    .option('--preset <name>', 'sizes that come ready (--list-presets)', 'desktop-text')
    .option('--config <file>', "JSON in the place of a preset: arch, layers, dModel, heads, context, vocab, tiedEmbeddings, layer; a model's config.json will do")
    .option('--set <field=value...>', 'a field of the layer, like --set activation=relu')
    .option('--batch <n>', 'contexts in one forward pass, for the estimate of memory', '16')
    .option('--list-presets', 'list the presets of the architecture');
}

/** The model's config in a file: as it is, or within config.json of a trained model. Kind bad-config. */
function configOf(file: string): OwnConfig {
  const raw = readConfigFile(resolve(file));
  const parsed = ownConfigSchema.safeParse(raw['loupe'] ?? raw);
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-config', `${file}: ${describeIssues(parsed.error, Object.keys(ownConfigSchema.shape))}`);
}

export const command: CliCommand = {
  name: 'lm params',
  summary: 'How many parameters a language model has, by part, and what training it takes',
  configure,
  async run(_args, options) {
    const arch = String(options['arch']);
    if (options['listPresets'] === true) {
      const presets = presetNames(arch);
      return { json: { arch, presets }, text: presets.join('\n') };
    }
    const base = options['config'] === undefined ? presetConfig(arch, String(options['preset'])) : configOf(String(options['config']));
    const shape = shapeOf({ ...base, layer: { ...base.layer, ...setFields(options) } });
    const count = countParameters(shape);
    const needs = lmNeeds(shape, wholeNumber(options, 'batch', 1, 65_536));
    const available = roomAt('.').memory;
    const units = shape.kind.units(shape.layer, shape.size);
    const json = { ...count, arch: shape.config.arch, units_per_layer: units, training_memory: needs.memory, training_disk: needs.disk, available_memory: available, fits: needs.memory <= 0.9 * available, config: shape.config };
    const rows = Object.entries(count).map(([name, value]) => `${name.padEnd(14)}${value.toLocaleString('en').padStart(16)}`);
    const fit = json.fits ? 'fits' : 'does not fit';
    return { json, text: `${rows.join('\n')}\n${units.toLocaleString('en')} units a layer; training takes about ${mib(needs.memory)} of memory and ${mib(needs.disk)} of disk, which ${fit} here (${mib(available)} available)` };
  },
};
