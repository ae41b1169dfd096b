"""Tokens a second of a training step of a small language model in straightforward PyTorch: forward, backward, clip, AdamW.

  python bench/lm_peer.py --arch dense|switch|moe-x|monet-hd|monet-vd --d 256 --layers 6 --heads 8 --context 256 --tokens 8192 --vocab 257 --steps 5

The layers are written as somebody would who read the papers: attention by scaled_dot_product_attention, experts in a loop over experts with
the tokens that were sent to each, Monet by the factorised contractions of its own code. Sizes of the layers are those of
`loupe bench lm` (presets of methods/models.md). Prints one JSON object.
"""
import argparse
import json
import math
import os
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F

ap = argparse.ArgumentParser()
ap.add_argument("--arch", default="dense")
ap.add_argument("--d", type=int, default=256)
ap.add_argument("--layers", type=int, default=6)
ap.add_argument("--heads", type=int, default=8)
ap.add_argument("--context", type=int, default=256)
ap.add_argument("--tokens", type=int, default=8192)
ap.add_argument("--vocab", type=int, default=257)
ap.add_argument("--hidden", type=int, default=0, help="hidden units of the dense MLP (4 d), of an expert (2 d)")
ap.add_argument("--experts", type=int, default=8)
ap.add_argument("--k", type=int, default=2)
ap.add_argument("--sub", type=int, default=32, help="Monet: s, the square root of the experts")
ap.add_argument("--width", type=int, default=8, help="Monet: m, hidden units of an expert")
ap.add_argument("--routing-heads", type=int, default=2)
ap.add_argument("--active", type=int, default=4)
ap.add_argument("--group", type=int, default=2)
ap.add_argument("--mode", default="train", help="train, or generate: greedily with a cache of keys and values")
ap.add_argument("--batch", type=int, default=1, help="generate: texts that grow together")
ap.add_argument("--prompt", type=int, default=64)
ap.add_argument("--new", type=int, default=64, help="generate: new tokens of each text")
ap.add_argument("--steps", type=int, default=5)
ap.add_argument("--threads", type=int, default=os.cpu_count())
a = ap.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(0)


caching = a.mode == "generate"


class Attention(nn.Module):
    past = None  # keys and values of the tokens read so far

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(a.d, 3 * a.d)
        self.out = nn.Linear(a.d, a.d)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, a.heads, a.d // a.heads).permute(2, 0, 3, 1, 4)
        if caching:
            if self.past is not None:
                k, v = torch.cat([self.past[0], k], 2), torch.cat([self.past[1], v], 2)
            self.past = (k, v)
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=t > 1).transpose(1, 2).reshape(b, t, a.d))


class Dense(nn.Module):
    def __init__(self, _layer):
        super().__init__()
        hidden = a.hidden or 4 * a.d
        self.into, self.out = nn.Linear(a.d, hidden), nn.Linear(hidden, a.d)

    def forward(self, x, _shared):
        return self.out(F.gelu(self.into(x), approximate="tanh")), 0.0


class Experts(nn.Module):
    """ReLU experts, the k best of each token by `score`, weighted by a softmax over the k."""

    def __init__(self, _layer):
        super().__init__()
        self.hidden = a.hidden or 2 * a.d
        self.into = nn.Parameter(torch.randn(a.experts, a.d, self.hidden) * 0.02)
        self.out = nn.Parameter(torch.randn(a.experts, self.hidden, a.d) * 0.02)

    def gates(self, x):
        mean, variance = self.into.mean(2), self.into.var(2, correction=0)
        return -torch.erf((x @ mean.T) / (math.sqrt(2) * torch.sqrt(x.square() @ variance.T + 1e-12) + 1e-6))

    def forward(self, x, _shared):
        shape = x.shape
        x = x.reshape(-1, a.d)
        score = self.gates(x)
        best, chosen = score.topk(a.k, dim=-1)
        weight = best.softmax(-1)
        probability = score.softmax(-1)
        load = F.one_hot(chosen, a.experts).float().sum((0, 1)) / chosen.numel()
        balance = a.experts * (load * probability.mean(0)).sum()
        y = torch.zeros_like(x)
        for e in range(a.experts):
            rows, slot = (chosen == e).nonzero(as_tuple=True)
            if rows.numel():
                y = y.index_add(0, rows, weight[rows, slot, None] * (F.relu(x[rows] @ self.into[e]) @ self.out[e]))
        return y.view(shape), 0.01 * balance


class Switch(Experts):
    def __init__(self, layer):
        super().__init__(layer)
        self.router = nn.Linear(a.d, a.experts, bias=False)

    def gates(self, x):
        return self.router(x)


class Monet(nn.Module):
    def __init__(self, layer, vertical):
        super().__init__()
        s, m, h = a.sub, a.width, a.routing_heads
        self.first, self.vertical = layer % a.group == 0, vertical
        if self.first:
            self.w1, self.w2 = nn.Linear(a.d, h * s, bias=False), nn.Linear(a.d, h * s, bias=False)
            self.n1, self.n2 = nn.BatchNorm1d(h, affine=False), nn.BatchNorm1d(h, affine=False)
        start = lambda *shape: nn.Parameter(torch.randn(*shape) * 0.02)
        zeros = lambda *shape: nn.Parameter(torch.zeros(*shape))
        if vertical:
            self.u1, self.u2 = nn.Linear(a.d, s * m // 2), nn.Linear(a.d, s * m // 2)
            self.v11, self.v12, self.v21, self.v22 = (start(s, m // 2, a.d // 2) for _ in range(4))
            self.b1, self.b2 = zeros(s, a.d // 2), zeros(s, a.d // 2)
        else:
            self.u = nn.Linear(a.d, s * m)
            self.v, self.b = start(s, m, a.d), zeros(s, a.d)

    def gate(self, z, norm):
        n = norm(z)
        cut = torch.minimum(n.amax(-1, keepdim=True), torch.special.ndtri(torch.tensor(1 - a.active / a.sub)))
        return z.masked_fill(n < cut, -1e10).softmax(-1)

    def forward(self, x, shared):
        shape = x.shape
        x = x.reshape(-1, a.d)
        n, s, m, h = len(x), a.sub, a.width, a.routing_heads
        if self.first:
            g1 = self.gate(self.w1(x).view(n, h, s), self.n1)
            g2 = self.gate(self.w2(x).view(n, h, s), self.n2)
            shared["gates"] = (g1, g2)
        g1, g2 = shared["gates"]
        loss = 0.0
        if self.first:
            uniform = -((g1.mean(0) + 1e-9).log().mean() + (g2.mean(0) + 1e-9).log().mean()) / 2
            loss = 1e-3 * (uniform + ((1 - g1.amax(-1)).mean() + (1 - g2.amax(-1)).mean()) / 2)
        if self.vertical:
            half = lambda u: F.relu(u(x)).square().view(n, s, m // 2)
            f1, f2 = half(self.u1), half(self.u2)
            own1, own2 = g1.sum(1), g2.sum(1)  # rows of the gates sum to 1
            # Of V12 and V21 the index is the other half's: what the pair's partners say is mixed head by head first.
            mixed12 = torch.einsum("nhi,nhm->nim", g1, torch.einsum("nhj,njm->nhm", g2, f2))
            mixed21 = torch.einsum("nhj,nhm->njm", g2, torch.einsum("nhi,nim->nhm", g1, f1))
            y1 = torch.einsum("nim,imd->nd", own1[..., None] * f1, self.v11) + torch.einsum("nim,imd->nd", mixed12, self.v12) + own1 @ self.b1
            y2 = torch.einsum("njm,jmd->nd", mixed21, self.v21) + torch.einsum("njm,jmd->nd", own2[..., None] * f2, self.v22) + own2 @ self.b2
            return torch.cat([y1, y2], -1).view(shape), loss
        f = F.relu(self.u(x)).square().view(n, s, m)
        q = torch.einsum("nhj,nhm->njm", g2, torch.einsum("nhi,nim->nhm", g1, f))
        return (torch.einsum("njm,jmd->nd", q, self.v) + g2.sum(1) @ self.b).view(shape), loss


kinds = {"dense": Dense, "switch": Switch, "moe-x": Experts, "monet-hd": lambda layer: Monet(layer, False), "monet-vd": lambda layer: Monet(layer, True)}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(a.vocab, a.d), nn.Embedding(a.context, a.d)
        self.ln1 = nn.ModuleList(nn.LayerNorm(a.d) for _ in range(a.layers))
        self.ln2 = nn.ModuleList(nn.LayerNorm(a.d) for _ in range(a.layers))
        self.attention = nn.ModuleList(Attention() for _ in range(a.layers))
        self.layers = nn.ModuleList(kinds[a.arch](layer) for layer in range(a.layers))
        self.final = nn.LayerNorm(a.d)
        nn.init.normal_(self.embedding.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(self, tokens, past=0):
        x = self.embedding(tokens) + self.positions.weight[past : past + tokens.shape[1]]
        shared, extra = {}, 0.0
        for ln1, attention, ln2, layer in zip(self.ln1, self.attention, self.ln2, self.layers):
            x = x + attention(ln1(x))
            y, loss = layer(ln2(x), shared)
            x, extra = x + y, extra + loss
        return self.final(x) @ self.embedding.weight.T, extra


model = Model()


@torch.inference_mode()
def generate(prompts):
    for attention in model.attention:
        attention.past = None
    tokens = prompts
    for step in range(a.new):
        past = 0 if step == 0 else a.prompt + step - 1
        tokens = model(tokens, past)[0][:, -1].argmax(-1, keepdim=True)
    return tokens


if caching:
    model.eval()
    prompts = torch.randint(a.vocab, (a.batch, a.prompt))
    times, cpu = [], []
    for _ in range(a.steps + 1):
        start, used = time.perf_counter(), time.process_time()
        generate(prompts)
        times.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    middle = sorted(times[1:])[len(times[1:]) // 2]
    print(json.dumps({
        "peer": "pytorch", "arch": a.arch, "batch": a.batch, "prompt": a.prompt, "new_tokens": a.new, "parameters": sum(p.numel() for p in model.parameters()),
        "ms_per_step": middle * 1e3, "cpu_ms_per_step": sorted(cpu[1:])[len(cpu[1:]) // 2] * 1e3, "tokens_per_s": a.batch * a.new / middle,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))
    raise SystemExit

optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1)
batch = a.tokens // a.context
tokens = torch.randint(a.vocab, (batch, a.context + 1))
times, cpu, losses = [], [], []
for step in range(a.steps + 1):
    start, used = time.perf_counter(), time.process_time()
    logits, extra = model(tokens[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, a.vocab), tokens[:, 1:].reshape(-1)) + extra
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    times.append(time.perf_counter() - start)
    cpu.append(time.process_time() - used)
    losses.append(loss.item())
middle = sorted(times[1:])[len(times[1:]) // 2]
print(json.dumps({
    "peer": "pytorch", "arch": a.arch, "parameters": sum(p.numel() for p in model.parameters()), "ms_per_step": middle * 1e3,
    "cpu_ms_per_step": sorted(cpu[1:])[len(cpu[1:]) // 2] * 1e3, "tokens_per_s": a.tokens / middle, "loss_first": losses[0], "loss_last": losses[-1],
    "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
