#!/usr/bin/env python3
"""Losses and gradients of dictionary_learning's trainers at given weights, as JSON on stdout.

Weights and gradients are named and laid out as Loupe's (a row a latent). Known differences are taken out here, and said beside each.
"""
import json
import sys
import types

# the package imports its language-model helper, which the trainers do not use
nnsight = types.ModuleType("nnsight")
nnsight.LanguageModel, nnsight.CONFIG = object, None
sys.modules.setdefault("nnsight", nnsight)

RESULT, sys.stdout = sys.stdout, sys.stderr
import torch
from dictionary_learning.trainers import batch_top_k, gdm, jumprelu, matryoshka_batch_top_k, p_anneal, standard, top_k

ROWS, D, N = 24, 4, 8
torch.manual_seed(0)
torch.set_num_threads(1)
X = torch.randn(ROWS, D)
COMMON = dict(steps=1000, activation_dim=D, dict_size=N, layer=0, lm_name="none", device="cpu", seed=0, warmup_steps=1)


def linear_places(ae, b_dec):
    """Where a dictionary of two linear layers keeps what."""
    return {"wEnc": ae.encoder.weight, "bEnc": ae.encoder.bias, "wDec": (ae.decoder.weight,), "bDec": b_dec}


def matrix_places(ae):
    return {"wEnc": (ae.W_enc,), "bEnc": ae.b_enc, "wDec": ae.W_dec, "bDec": ae.b_dec}


def compute(trainer, places, fields, factor=1.0, zero=()):
    """`places` in a tuple are transposed; those of `zero` start at 0, and their gradient is left out."""
    weights = {}
    for name, place in places.items():
        parameter, turned = (place[0], True) if isinstance(place, tuple) else (place, False)
        if name in ("wEnc", "wDec"):
            value = torch.nn.functional.normalize(torch.randn(N, D), dim=1)
        elif name == "threshold":
            value = torch.full((N,), 0.3)
        else:
            value = torch.zeros(parameter.shape) if name in zero else torch.randn(parameter.shape) * 0.3
        weights[name] = value
        parameter.data = value.T.contiguous() if turned else value.clone()
    loss = trainer.loss(X, step=500) * factor
    loss.backward()
    gradients = {}
    for name, place in places.items():
        if name not in zero:
            gradient = place[0].grad.T if isinstance(place, tuple) else place.grad
            gradients[name] = (gradient).contiguous().flatten().tolist()
    return {
        "fields": fields, "loss": loss.item(), "gradients": gradients,
        "weights": {name: {"shape": list(value.shape), "data": value.flatten().tolist()} for name, value in weights.items()},
    }


def jump_case():
    trainer = jumprelu.JumpReluTrainer(**COMMON, target_l0=3.0, bandwidth=0.4, sparsity_warmup_steps=None)
    jump, step, seen = jumprelu.JumpReLUFunction, jumprelu.StepFunction, {}

    class Jump:
        @staticmethod
        def apply(u, threshold, bandwidth):
            seen["u"] = u
            return jump.apply(u, threshold, bandwidth)

    class Step:
        # as released the step sees f, which is 0 below the threshold, so that half of the window is lost; the paper's sees u
        @staticmethod
        def apply(_f, threshold, bandwidth):
            return step.apply(seen["u"], threshold, bandwidth)

    jumprelu.JumpReLUFunction, jumprelu.StepFunction = Jump, Step
    fields = {"targetL0": 3, "threshold": 0.3, "bandwidth": 0.4, "sparsityWarmup": 0}
    result = compute(trainer, {**matrix_places(trainer.ae), "threshold": trainer.ae.threshold}, fields)
    jumprelu.JumpReLUFunction, jumprelu.StepFunction = jump, step
    return result


def cases():
    l1 = {"l1Coefficient": 2, "sparsityWarmup": 0}
    relu = standard.StandardTrainer(**COMMON, l1_penalty=2.0, sparsity_warmup_steps=None)
    yield "relu", compute(relu, linear_places(relu.ae, relu.ae.bias), l1)
    # it takes its decoder bias from x, which the April update does not: the same function where that is 0
    april = standard.StandardTrainerAprilUpdate(**COMMON, l1_penalty=2.0, sparsity_warmup_steps=None)
    yield "relu-april", compute(april, linear_places(april.ae, april.ae.bias), l1, zero=("bDec",))
    gated = gdm.GatedSAETrainer(**COMMON, l1_penalty=2.0, sparsity_warmup_steps=None)
    ae = gated.ae
    places = {"wEnc": ae.encoder.weight, "wDec": (ae.decoder.weight,), "bDec": ae.decoder_bias, "bGate": ae.gate_bias, "bMag": ae.mag_bias, "rMag": ae.r_mag}
    yield "gated", compute(gated, places, l1)
    yield "jumprelu", jump_case()
    for form, name in (("power", "Lp^p"), ("norm", "Lp")):
        anneal = p_anneal.PAnnealTrainer(**COMMON, initial_sparsity_penalty=2.0, sparsity_warmup_steps=None, sparsity_function=name, anneal_start=900, p_end=0.2)
        # between its updates; a latent of 0 has no gradient of f^p there, which torch would give as not a number
        anneal.p, anneal.next_p = 0.6, None
        yield f"p-anneal, {form}", compute(anneal, linear_places(anneal.ae, anneal.ae.bias), {**l1, "penalty": form})
    topk = top_k.TopKTrainer(**COMMON, k=3, auxk_alpha=0.0)
    yield "topk", compute(topk, linear_places(topk.ae, topk.ae.b_dec), {"k": 3, "auxK": 0})
    batch = batch_top_k.BatchTopKTrainer(**COMMON, k=3, auxk_alpha=0.0)
    yield "batch-topk", compute(batch, linear_places(batch.ae, batch.ae.b_dec), {"k": 3, "auxK": 0})
    fractions = [0.25, 0.25, 0.5]
    nested = matryoshka_batch_top_k.MatryoshkaBatchTopKTrainer(**COMMON, k=3, auxk_alpha=0.0, group_fractions=fractions)
    # it takes the mean over groups of errors that are weighted by 1 / groups
    yield "matryoshka", compute(nested, matrix_places(nested.ae), {"k": 3, "auxK": 0, "groups": fractions}, factor=len(fractions) ** 2)


json.dump({"rows": ROWS, "x": X.flatten().tolist(), "cases": dict(cases())}, RESULT)
