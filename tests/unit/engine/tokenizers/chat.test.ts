import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRenderer } from '../../../../src/engine/tokenizers/chat.ts';

const conversation = [{ role: 'user', content: 'Hi <b>' }, { role: 'assistant', content: 'Yes?' }];
const chatMl = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

test('a ChatML template renders a conversation, and the beginning of the answer when asked', () => {
  const render = chatRenderer(chatMl, {});
  const turns = '<|im_start|>user\nHi <b><|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n';
  assert.equal(render(conversation, false), turns);
  assert.equal(render(conversation, true), `${turns}<|im_start|>assistant\n`);
  assert.equal(render([], true), '<|im_start|>assistant\n');
});

test('the special tokens are variables of the template', () => {
  assert.equal(chatRenderer('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}', { bos_token: '<s>', eos_token: '</s>' })(conversation, false), '<s>Hi <b></s>');
});

test('blocks on lines of their own leave no lines, as transformers sets Jinja up', () => {
  assert.equal(chatRenderer('{% for m in messages %}\n{{ m.role }}\n{% endfor %}\nend', {})(conversation, false), 'user\nassistant\nend');
});

test('what a message says is text, never a template', () => {
  assert.equal(chatRenderer('{{ messages[0].content }}', {})([{ role: 'user', content: '{{ bos_token }}{% raw %}' }], false), '{{ bos_token }}{% raw %}');
});

test('a template that does not parse or refuses the conversation is a bad file, with its text one click away', () => {
  for (const source of ['{{ x', '{% for %}', '{% if a %}', '{{ messages[0].content | no_such_filter }}']) {
    const render = chatRenderer(source, {});
    assert.throws(() => render(conversation, false), { kind: 'bad-file', detail: source });
  }
  assert.throws(() => chatRenderer("{{ raise_exception('no system prompt') }}", {})(conversation, true), { kind: 'bad-file', message: /no system prompt/ });
});

test('a template does not get at the insides of JavaScript', () => {
  assert.equal(chatRenderer("{{ ''.constructor }}|{{ messages.__proto__ }}|{{ messages[0]['constructor'] }}", {})(conversation, false), '||');
});
