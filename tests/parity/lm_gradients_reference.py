"""Gradients of the summed next-token loss at residual streams, by PyTorch through transformers, for the tiny models of lm_reference.py.

    python tests/parity/lm_gradients_reference.py tests/parity/fixtures

Writes lm-gradients.safetensors: "<model>/<hook>" float32 [2, 10, d] for the tokens of the model's own reference.safetensors.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

root = Path(sys.argv[1])
out = {}
for name in ["gpt2", "llama-gqa-untied", "gpt-neox-parallel", "gpt-neox-sequential", "qwen2", "qwen3", "mistral", "gemma2"]:
    folder = root / "lm" / name
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokens = load_file(folder / "reference.safetensors")["tokens"].long().reshape(2, 10)
    result = model(tokens, output_hidden_states=True)
    states = result.hidden_states
    for state in states:
        state.retain_grad()
    loss = torch.nn.functional.cross_entropy(result.logits[:, :-1].reshape(-1, result.logits.shape[-1]), tokens[:, 1:].reshape(-1), reduction="sum")
    loss.backward()
    # hidden_states[i] is the input of block i; the last is behind the final norm.
    for layer in range(len(states) - 1):
        out[f"{name}/blocks.{layer}.hook_resid_pre"] = states[layer].grad.contiguous()
save_file(out, root / "lm-gradients.safetensors")
