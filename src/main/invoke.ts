/** The one door through which every command of either host comes: the name is known, the input is parsed, then the handler runs. */
import type { z } from 'zod';
import { commands } from '../shared/contract.ts';
import type { CommandName, Handlers } from '../shared/contract.ts';
import { LoupeError, nearestName } from '../shared/errors.ts';

export type Invoke = (name: unknown, input: unknown) => Promise<unknown>;

function knownName(name: unknown): CommandName {
  if (typeof name === 'string' && Object.hasOwn(commands, name)) return name as CommandName;
  const shown = typeof name === 'string' ? `"${name.slice(0, 100)}"` : `a ${typeof name}`;
  const near = typeof name === 'string' && name.length < 100 ? nearestName(name, Object.keys(commands)) : undefined;
  throw new LoupeError('bad-request', `there is no command ${shown}${near === undefined ? '' : `: did you mean ${near}?`}`);
}

function issues(error: z.ZodError): string {
  return error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
}

/** `checkOutputs` parses what handlers give, too: in tests and in development. */
export function createInvoke(handlers: Handlers, checkOutputs = false): Invoke {
  return async (name, input) => {
    const command = knownName(name);
    const parsed = commands[command].input.safeParse(input);
    if (!parsed.success) throw new LoupeError('bad-request', `${command}: ${issues(parsed.error)}`);
    const handler = handlers[command] as (value: unknown) => Promise<unknown>;
    const output = await handler(parsed.data);
    if (!checkOutputs) return output;
    const checked = commands[command].output.safeParse(output);
    if (!checked.success) throw new LoupeError('defect', `${command} gave what the contract does not allow: ${issues(checked.error)}`);
    return output;
  };
}
