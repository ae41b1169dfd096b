#!/usr/bin/env python3
"""Blocks of MoE-X, Switch, Monet and CRATE in plain PyTorch, written from the papers' formulas: values and gradients as JSON on stdout.

Each case gives its weights (named and laid out as Loupe's), input, output, further values, and the gradients of sum(y * direction) + the auxiliary losses
weighted as `losses` says. Experts are summed one by one here: no dispatch, no contraction.
"""
import json
import math

import torch
from scipy.stats import norm
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
torch.set_num_threads(1)


def flat(value):
    return {"shape": list(value.shape), "data": value.detach().flatten().tolist()}


def case(weights, x, compute):
    """`compute(weights, x)` gives y, auxiliary losses by name, and further values by name."""
    weights = {name: value.requires_grad_() for name, value in weights.items()}
    x.requires_grad_()
    y, losses, values = compute(weights, x)
    direction = torch.randn(y.shape)
    factors = {name: 0.3 + 0.2 * i for i, name in enumerate(losses)}
    total = (y * direction).sum() + sum(factors[name] * loss for name, loss in losses.items())
    total.backward()
    return {
        "weights": {name: flat(value) for name, value in weights.items()}, "x": flat(x), "direction": flat(direction), "y": flat(y), "factors": factors,
        "losses": {name: loss.item() for name, loss in losses.items()}, "values": {name: flat(value) for name, value in values.items()},
        "gradients": {**{name: flat(value.grad) for name, value in weights.items()}, "x": flat(x.grad)},
    }


def balance(scores, chosen):
    experts = scores.shape[1]
    load = F.one_hot(chosen, experts).float().mean((0, 1))
    return experts * (load * scores.softmax(-1).mean(0)).sum()


def expert_sum(w, x, gates, activation):
    y = w["bDec"].expand(x.shape[0], -1)
    for e in range(gates.shape[1]):
        y = y + gates[:, e:e + 1] * (activation(x @ w["wEnc"][e].T + w["bEnc"][e]) @ w["wDec"][e])
    return y


def moe_weights(experts, width, d):
    return {
        "wEnc": torch.randn(experts, width, d) * 0.4 + torch.randn(experts, 1, d) * 0.3, "bEnc": torch.randn(experts, width) * 0.2,
        "wDec": torch.randn(experts, width, d) * 0.4, "bDec": torch.randn(d),
    }


def among(scores, chosen):
    kept = torch.full_like(scores, -math.inf).scatter(1, chosen, scores.gather(1, chosen))
    return kept.softmax(-1)


def moe_x(w, x):
    mean, variance = w["wEnc"].mean(1), w["wEnc"].var(1, unbiased=False)
    m = x @ mean.T + w["bEnc"].mean(1)
    s = (x.square() @ variance.T + w["bEnc"].var(1, unbiased=False)).sqrt()
    scores = -torch.erf(m / (math.sqrt(2) * s + 1e-6))
    chosen = scores.topk(2).indices
    gates = among(scores, chosen)
    return expert_sum(w, x, gates, F.relu), {"balance": balance(scores, chosen)}, {"scores": scores, "gates": gates}


def switch(k):
    def compute(w, x):
        scores = x @ w["wRouter"].T
        chosen = scores.topk(k).indices
        gates = among(scores, chosen) if k > 1 else scores.softmax(-1) * F.one_hot(chosen[:, 0], scores.shape[1])
        return expert_sum(w, x, gates, F.gelu), {"balance": balance(scores, chosen)}, {"gates": gates}
    return compute


S, M, D, HEADS, ACTIVE = 12, 4, 8, 2, 3


def monet_router(w, x):
    """The published router: nn.BatchNorm1d over tokens and sub-experts, a cut at the quantile or the row's largest."""
    gates, running = [], {}
    for half in ("1", "2"):
        z = (x @ w[f"w{half}"].T).unflatten(-1, (HEADS, S))
        batch_norm = nn.BatchNorm1d(HEADS, affine=False)
        n = batch_norm(z.transpose(1, 2).flatten(0, 1)).view(x.shape[0], S, HEADS).transpose(1, 2)
        cut = n.amax(-1, keepdim=True).clamp_max(float(norm.ppf(1 - ACTIVE / S)))
        gates.append(torch.where(n >= cut, z, torch.tensor(-1e10)).softmax(-1))
        running |= {f"mean{half}": batch_norm.running_mean, f"variance{half}": batch_norm.running_var}
    g1, g2 = gates
    losses = {
        "uniformity": -0.5 * ((g1.mean(0) + 1e-9).log().mean() + (g2.mean(0) + 1e-9).log().mean()),
        "ambiguity": 1 - 0.5 * (g1.amax(-1).mean() + g2.amax(-1).mean()),
    }
    return torch.einsum("thi,thj->tij", g1, g2), losses, {"gates1": g1, "gates2": g2, **running}


def squared_relu(x):
    return F.relu(x).square()


def monet_hd(w, x):
    c, losses, values = monet_router(w, x)
    y = torch.zeros(x.shape[0], D)
    for i in range(S):
        for j in range(S):
            expert = squared_relu(x @ w["u"][i].T + w["bU"][i]) @ w["v"][j] + w["b"][j]
            y = y + c[:, i, j, None] * expert
    return y, losses, values


def monet_vd(w, x):
    c, losses, values = monet_router(w, x)
    y = torch.zeros(x.shape[0], D)
    for i in range(S):
        for j in range(S):
            one, two = squared_relu(x @ w["u1"][i].T + w["bU1"][i]), squared_relu(x @ w["u2"][j].T + w["bU2"][j])
            top = one @ w["v11"][i] + two @ w["v12"][i] + w["b1"][i]
            bottom = one @ w["v21"][j] + two @ w["v22"][j] + w["b2"][j]
            y = y + c[:, i, j, None] * torch.cat([top, bottom], -1)
    return y, losses, values


def router_weights():
    return {"w1": torch.randn(HEADS * S, D) * 0.5, "w2": torch.randn(HEADS * S, D) * 0.5}


def hd_weights():
    return {**router_weights(), "u": torch.randn(S, M, D) * 0.4, "bU": torch.randn(S, M) * 0.2, "v": torch.randn(S, M, D) * 0.4, "b": torch.randn(S, D) * 0.3}


def vd_weights():
    half = lambda: torch.randn(S, M // 2, D // 2) * 0.4
    return {
        **router_weights(), "u1": torch.randn(S, M // 2, D) * 0.4, "u2": torch.randn(S, M // 2, D) * 0.4, "bU1": torch.randn(S, M // 2) * 0.2,
        "bU2": torch.randn(S, M // 2) * 0.2, "v11": half(), "v12": half(), "v21": half(), "v22": half(),
        "b1": torch.randn(S, D // 2) * 0.3, "b2": torch.randn(S, D // 2) * 0.3,
    }


BATCH, LENGTH, CRATE_HEADS, ETA, LAMBDA = 3, 7, 2, 0.1, 0.1


def crate(w, x):
    """The released block: attention whose query, key and value are one projection, then a step of ISTA that is the new stream."""
    d = x.shape[-1]
    shared = (F.layer_norm(x, (d,)) @ w["attn.subspaces.weight"]).view(BATCH, LENGTH, CRATE_HEADS, -1).transpose(1, 2)
    seen = F.scaled_dot_product_attention(shared, shared, shared, is_causal=True).transpose(1, 2).reshape(BATCH * LENGTH, -1)
    mid = x + seen @ w["attn.out.weight"] + w["attn.out.bias"]
    z = F.layer_norm(mid, (d,))
    weight = w["mlp.dictionary"]
    fitted = F.linear(F.linear(z, weight), weight.T)
    y = F.relu(z + ETA * (F.linear(z, weight.T) - fitted) - ETA * LAMBDA)
    return y, {}, {"mid": mid}


def crate_overcomplete(w, x):
    d = x.shape[-1]
    shared = (F.layer_norm(x, (d,)) @ w["attn.subspaces.weight"]).view(BATCH, LENGTH, CRATE_HEADS, -1).transpose(1, 2)
    seen = F.scaled_dot_product_attention(shared, shared, shared, is_causal=True).transpose(1, 2).reshape(BATCH * LENGTH, -1)
    mid = x + seen @ w["attn.out.weight"] + w["attn.out.bias"]
    z = F.layer_norm(mid, (d,))
    weight = w["mlp.dictionary"]
    a = torch.zeros(x.shape[0], weight.shape[1])
    for _ in range(2):
        a = F.relu(a + ETA * (z - a @ weight.T) @ weight - ETA * LAMBDA)
    return mid + a @ weight.T, {}, {"codes": a}


def crate_weights(d, atoms):
    return {
        "attn.subspaces.weight": torch.randn(d, d) * 0.4, "attn.out.weight": torch.randn(d, d) * 0.3, "attn.out.bias": torch.randn(d) * 0.2,
        "mlp.dictionary": torch.randn(d, atoms) * 0.4,
    }


print(json.dumps({
    "moe-x": case(moe_weights(6, 10, 8), torch.randn(40, 8), moe_x),
    "switch-1": case({**moe_weights(6, 10, 8), "wRouter": torch.randn(6, 8)}, torch.randn(40, 8), switch(1)),
    "switch-2": case({**moe_weights(6, 10, 8), "wRouter": torch.randn(6, 8)}, torch.randn(40, 8), switch(2)),
    "monet-hd": case(hd_weights(), torch.randn(20, D), monet_hd),
    "monet-vd": case(vd_weights(), torch.randn(20, D), monet_vd),
    "crate": case(crate_weights(8, 8), torch.randn(BATCH * LENGTH, 8), crate),
    "crate-overcomplete": case(crate_weights(8, 24), torch.randn(BATCH * LENGTH, 8), crate_overcomplete),
}))
