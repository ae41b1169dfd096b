/** Chat templates: the Jinja text that a model brings along, rendered as transformers renders it. */
import { Template } from '@huggingface/jinja';
import { LoupeError } from '../../shared/errors.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Compiles `source` once; the result renders conversations. Kind bad-file when the template does not parse or fails. */
export function chatRenderer(source: string, tokens: Readonly<Record<string, string>>): (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string {
  let template: Template | undefined;
  return (messages, addGenerationPrompt) => {
    try {
      template ??= new Template(source);
      return template.render({ ...tokens, messages, add_generation_prompt: addGenerationPrompt });
    } catch (cause) {
      throw new LoupeError('bad-file', `the model's chat template cannot be rendered: ${(cause as Error).message}`, source, { cause });
    }
  };
}
