"""A plain PyTorch twin of the dense GPT that Loupe trains: logits, gradients, and weights after AdamW steps.

    python tests/parity/lm_training_reference.py FOLDER

FOLDER holds config.json and model.safetensors as Loupe writes them, data.safetensors with int32 "tokens" and "targets" [steps, batch, length],
and run.json with lrs, betas, epsilon, weight_decay, clip. Writes reference.safetensors: "logits" of the first batch, "loss" [steps],
"grad/<name>" of the first batch before clipping, and "after/<name>" when all steps are done.
"""
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

folder = Path(sys.argv[1])
config = json.loads((folder / "config.json").read_text())["loupe"]
run = json.loads((folder / "run.json").read_text())
weights = {name: value.float().requires_grad_() for name, value in load_file(folder / "model.safetensors").items()}
data = load_file(folder / "data.safetensors")
heads, activation = config["heads"], config["layer"].get("activation", "gelu")


def mlp(x, prefix):
    act = {"gelu": F.gelu, "relu": F.relu, "relu2": lambda v: F.relu(v) ** 2, "swiglu": F.silu}[activation]
    if activation == "swiglu":
        return (act(x @ weights[prefix + "gate.weight"]) * (x @ weights[prefix + "in.weight"])) @ weights[prefix + "out.weight"]
    return act(x @ weights[prefix + "in.weight"] + weights[prefix + "in.bias"]) @ weights[prefix + "out.weight"] + weights[prefix + "out.bias"]


def norm(x, name):
    return F.layer_norm(x, x.shape[-1:], weights[name + ".weight"], weights[name + ".bias"], 1e-5)


def forward(tokens):
    batch, length = tokens.shape
    x = weights["embed.weight"][tokens] + weights["positions.weight"][:length]
    for layer in range(config["layers"]):
        p = f"blocks.{layer}."
        qkv = norm(x, p + "ln1") @ weights[p + "attn.qkv.weight"] + weights[p + "attn.qkv.bias"]
        q, k, v = (part.reshape(batch, length, heads, -1).transpose(1, 2) for part in qkv.chunk(3, dim=-1))
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, length, -1)
        x = x + z @ weights[p + "attn.out.weight"] + weights[p + "attn.out.bias"]
        x = x + mlp(norm(x, p + "ln2"), p + "mlp.")
    return norm(x, "ln_final") @ weights.get("unembed.weight", weights["embed.weight"]).T


def loss_of(logits, targets):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


out, losses = {}, []
groups = [
    {"params": [w for w in weights.values() if w.dim() >= 2], "weight_decay": run["weight_decay"]},
    {"params": [w for w in weights.values() if w.dim() < 2], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=1.0, betas=run["betas"], eps=run["epsilon"])
for step, lr in enumerate(run["lrs"]):
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad()
    logits = forward(data["tokens"][step].long())
    loss = loss_of(logits, data["targets"][step].long())
    loss.backward()
    losses.append(loss.item())
    if step == 0:
        out["logits"] = logits.detach().contiguous()
        for name, weight in weights.items():
            out["grad/" + name] = weight.grad.clone()
    torch.nn.utils.clip_grad_norm_(list(weights.values()), run["clip"])
    optimizer.step()
for name, weight in weights.items():
    out["after/" + name] = weight.detach().contiguous()
out["loss"] = torch.tensor(losses)
save_file(out, folder / "reference.safetensors")
