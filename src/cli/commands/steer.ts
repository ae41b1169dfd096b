/** `loupe steer`: what a model writes with a feature's direction added, beside what it writes without. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { liveHandlers, type LiveHandlers } from '../../engine/live/handlers.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { SteerBegan, SteerInput } from '../../shared/schema/live.ts';
import { liveLimits, steerInputSchema } from '../../shared/schema/live.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { required, wholeNumber } from '../options.ts';
import { checked, liveOptions, modelOf, placeOf, promptOf } from './live.ts';

type Options = Readonly<Record<string, unknown>>;

const number = (text: string): number => (text.trim() === '' ? NaN : Number(text));

function configure(command: Command): void {
  liveOptions(command)
    .option('--dictionary <path>', 'the dictionary of the feature')
    .option('--feature <n>', 'its number')
    .option('--strength <x>', 'how much of the direction is added; negative takes it away. Without it: the strength whose mean KL over the prompt is 1 nat', number)
    .option('--maximum <x>', "the feature's largest activation: the strength is in units of it (default: in lengths of the direction)", number)
    .option('--from <where>', "start: from the prompt's first token on; end: from its last", 'start')
    .option('--new-tokens <n>', 'tokens of each text', '40')
    .option('--temperature <x>', '0 takes the likeliest token', number, 0.7)
    .option('--top-p <x>', 'draw from the likeliest tokens of this probability together', number, 1);
}

/** What the options say; strength 0 stands for one that is still to be found. */
export function steerInputOf(options: Options, seed: number): SteerInput {
  const maximum = options['maximum'] as number | undefined;
  return checked(steerInputSchema, {
    model: modelOf(options), dictionary: placeOf(options, resolve(required(options, 'dictionary', 'a dictionary'))), feature: wholeNumber(options, 'feature', 0, 2 ** 31),
    prompt: promptOf(options), unit: maximum === undefined ? 'norm' : 'max', maximum: maximum ?? null, from: options['from'], strength: options['strength'] ?? 0,
    newTokens: wholeNumber(options, 'newTokens', 1, liveLimits.newTokens), temperature: options['temperature'], topP: options['topP'], seed,
  });
}

async function withStrength(live: LiveHandlers, input: SteerInput, given: boolean): Promise<SteerInput> {
  if (given) return input;
  const { model, dictionary, feature, prompt, unit, maximum, from } = input;
  const { strength, reached, kl } = await live.liveStrength({ model, dictionary, feature, prompt, unit, maximum, from, target: 1, tolerance: 0.1, sign: 1 });
  if (!reached) throw new LoupeError('bad-request', `--strength is missing, and none was found that changes this prompt by 1 nat: the nearest was ${kl.toPrecision(3)} nats at ${strength.toPrecision(3)}. Give one.`);
  return { ...input, strength };
}

async function write(live: LiveHandlers, input: SteerInput, { signal }: CliContext): Promise<{ began: SteerBegan; clean: string; steered: string; kl: number[] }> {
  const began = await live.liveSteer(input);
  const found = { began, clean: '', steered: '', kl: [] as number[] };
  for (let done = false; !done;) {
    if (signal.aborted) throw new LoupeError('cancelled', 'stopped while writing.');
    const step = await live.liveSteerNext({ session: began.session, tokens: liveLimits.stepTokens });
    found.clean += step.clean.texts.join('');
    found.steered += step.steered.texts.join('');
    found.kl.push(...step.kl.data);
    done = step.done;
  }
  return found;
}

export const command: CliCommand = {
  name: 'steer',
  summary: "What a model writes with a feature's direction added, beside what it writes without",
  configure,
  async run(_args, options, context) {
    const given = steerInputOf(options, context.seed);
    const live = liveHandlers();
    try {
      const input = await withStrength(live, given, options['strength'] !== undefined);
      const { began, clean, steered, kl } = await write(live, input, context);
      const meanKl = kl.reduce((a, b) => a + b, 0) / Math.max(1, kl.length);
      const { hook, first, addedNorm, meanNorm, tokens } = began;
      const json = { strength: input.strength, unit: input.unit, seed: input.seed, temperature: input.temperature, hook, first, how: tokens.how, addedNorm, meanNorm, promptKl: began.meanKl, textKl: meanKl, kl, clean, steered };
      const head = `strength ${input.strength.toPrecision(4)} (${addedNorm.toPrecision(3)} added to ${meanNorm.toPrecision(3)} at ${hook}); KL over the prompt ${began.meanKl.toPrecision(3)} nats, over the text ${meanKl.toPrecision(3)} nats a token`;
      return { json, text: `${head}\n\nclean:   ${clean}\n\nsteered: ${steered}` };
    } finally {
      await live.liveRelease({});
    }
  },
};
