#!/usr/bin/env python3
"""Dictionaries of other programs for Loupe, and Loupe's for them. Needs torch, safetensors, numpy, sae_lens, sparsify, dictionary_learning.

  python dictionaries_reference.py write FOLDER D N K   makes FOLDER/<format>-<case> with expected.safetensors (x, latents, y) beside each
  python dictionaries_reference.py read                 for each line "FORMAT PATH" of its input: x.safetensors in PATH's folder -> theirs.safetensors there;
                                                        refused-by-saelens: an error where SAELens loads it

The fixtures are those of `write tests/parity/fixtures/dictionaries 6 10 3`.

openai/sparse_autoencoder and the crosscoder repository are on no package index: their forward passes are restated here from their papers, their
files are written and read by torch itself.
"""
import importlib.machinery
import json
import os
import sys
import types

import numpy as np
import torch
from safetensors.torch import load_file, save_file

# dictionary_learning imports these for its activation buffer and its data, which are not used here
for missing in ("nnsight", "zstandard"):
    module = types.ModuleType(missing)
    module.LanguageModel, module.__spec__ = object, importlib.machinery.ModuleSpec(missing, None)
    sys.modules.setdefault(missing, module)


def fill(module):
    """Seeded values for every tensor; thresholds are positive, integers stay."""
    with torch.no_grad():
        for key, value in module.state_dict().items():
            if not value.is_floating_point() or key in ("topk_threshold",):
                continue
            noise = torch.rand_like(value) * 0.3 + 0.05 if "threshold" in key else torch.randn_like(value) * (0.25 if value.ndim > 1 else 0.1)
            # a pursuit over rows that are not of norm 1 amplifies its own rounding
            unit = key == "W_dec" and "MatchingPursuit" in type(module).__name__
            value.copy_(noise / noise.norm(dim=-1, keepdim=True) if unit else noise)
    return module


def sae_lens_cases(d, n, k):
    import sae_lens as sl

    none = {"apply_b_dec_to_input": False}
    inference = {
        "gated": (sl.GatedSAE, sl.GatedSAEConfig, {}),
        "jumprelu-centred": (sl.JumpReLUSAE, sl.JumpReLUSAEConfig, {}),
        "abstopk": (sl.AbsTopKSAE, sl.AbsTopKSAEConfig, {"k": k}),
        "matching-pursuit": (sl.MatchingPursuitSAE, sl.MatchingPursuitSAEConfig, {"max_iterations": 2 * k, "residual_threshold": 0.3, "stop_on_duplicate_support": False}),
        "transcoder": (sl.Transcoder, sl.TranscoderConfig, {"d_out": d + 2, **none}),
        "skip-transcoder": (sl.SkipTranscoder, sl.SkipTranscoderConfig, {"d_out": d + 2, **none}),
        "jumprelu-transcoder": (sl.JumpReLUTranscoder, sl.JumpReLUTranscoderConfig, {"d_out": d, **none}),
        "jumprelu-skip-transcoder": (sl.saes.JumpReLUSkipTranscoder, sl.saes.JumpReLUSkipTranscoderConfig, {"d_out": d + 1, **none}),
    }
    for name, (model, config, extra) in inference.items():
        yield name, fill(model(config(d_in=d, d_sae=n, **extra))), None
    training = {
        "batchtopk": (sl.BatchTopKTrainingSAE, sl.BatchTopKTrainingSAEConfig, {"k": k}),
        "matryoshka": (sl.MatryoshkaBatchTopKTrainingSAE, sl.MatryoshkaBatchTopKTrainingSAEConfig, {"k": k, "matryoshka_widths": [n // 4, n]}),
    }
    for name, (model, config, extra) in training.items():
        sae = fill(model(config(d_in=d, d_sae=n, **extra)))
        sae.topk_threshold.fill_(0.2)
        yield name, None, sae


def write_sae_lens(folder, d, n, k):
    from sae_lens import SAE, TopKSAE, TopKSAEConfig

    for name, sae, training in sae_lens_cases(d, n, k):
        path = os.path.join(folder, f"saelens-{name}")
        model = sae or training
        model.cfg.metadata.hook_name, model.cfg.metadata.context_size = "blocks.1.hook_resid_post", 64
        sae.save_model(path) if sae is not None else training.save_inference_model(path)
        expect(path, run_sae(SAE.load_from_disk(path), inputs(d)))
    old = os.path.join(folder, "saelens-old")
    os.makedirs(old, exist_ok=True)
    sae = fill(TopKSAE(TopKSAEConfig(d_in=d, d_sae=n, k=k)))
    sae.save_model(old)
    flat = {
        "d_in": d, "d_sae": n, "dtype": "float32", "device": "cpu", "hook_point": "blocks.1.hook_resid_post", "hook_point_layer": 1, "model_name": "m", "context_size": 64,
        "activation_fn_str": "topk", "activation_fn_kwargs": {"k": k}, "normalize_activations": False,
    }
    with open(os.path.join(old, "cfg.json"), "w") as out:
        json.dump(flat, out)
    # SAELens reads its old form too: what it computes then is what is expected
    expect(old, run_sae(SAE.load_from_disk(old), inputs(d)))


def run_sae(sae, x):
    with torch.no_grad():
        return {"x": x, "latents": sae.encode(x).contiguous(), "y": sae(x).contiguous()}


def write_repeating_pursuit(folder, d, n):
    """SAELens' defaults: as many steps as dimensions, until an atom is chosen again."""
    import sae_lens as sl

    path = os.path.join(folder, "saelens-matching-pursuit-until-repeat")
    fill(sl.MatchingPursuitSAE(sl.MatchingPursuitSAEConfig(d_in=d, d_sae=n))).save_model(path)
    expect(path, run_sae(sl.SAE.load_from_disk(path), inputs(d)))


def inputs(d, rows=20):
    return torch.randn(rows, d) + 0.3


def expect(path, tensors):
    save_file({key: value.detach().float().contiguous() for key, value in tensors.items()}, os.path.join(path, "expected.safetensors"))


def dictionary_learning_cases(d, n, k):
    from dictionary_learning import dictionary as classes
    from dictionary_learning.trainers.batch_top_k import BatchTopKSAE, BatchTopKTrainer
    from dictionary_learning.trainers.gated_anneal import GatedAnnealTrainer
    from dictionary_learning.trainers.gdm import GatedSAETrainer
    from dictionary_learning.trainers.jumprelu import JumpReluTrainer
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKTrainer
    from dictionary_learning.trainers.p_anneal import PAnnealTrainer
    from dictionary_learning.trainers.standard import StandardTrainer, StandardTrainerAprilUpdate
    from dictionary_learning.trainers.top_k import TopKTrainer

    common = {"steps": 10, "activation_dim": d, "dict_size": n, "layer": 3, "lm_name": "EleutherAI/pythia-70m", "device": "cpu", "seed": 0}
    named = {**common, "submodule_name": "resid_post_layer_3"}
    yield "standard", StandardTrainer(**named, warmup_steps=1, sparsity_warmup_steps=1)
    yield "april", StandardTrainerAprilUpdate(**named, warmup_steps=1, sparsity_warmup_steps=1, dict_class=classes.AutoEncoderNew)
    yield "p-anneal", PAnnealTrainer(**named, warmup_steps=1, sparsity_warmup_steps=1)
    yield "gated", GatedSAETrainer(**named, warmup_steps=1, sparsity_warmup_steps=1)
    yield "gated-anneal", GatedAnnealTrainer(**common, warmup_steps=1, sparsity_warmup_steps=1)
    yield "jumprelu", JumpReluTrainer(**named, warmup_steps=1, sparsity_warmup_steps=1)
    yield "topk", TopKTrainer(**named, k=k, warmup_steps=1)
    yield "batchtopk", BatchTopKTrainer(**named, k=k, warmup_steps=1)
    yield "matryoshka", MatryoshkaBatchTopKTrainer(**named, k=k, group_fractions=[0.25, 0.75], warmup_steps=1)


def write_dictionary_learning(folder, d, n, k):
    for name, trainer in dictionary_learning_cases(d, n, k):
        path = os.path.join(folder, f"dictionary-learning-{name}")
        os.makedirs(path, exist_ok=True)
        ae = fill(trainer.ae)
        # as training.py does it
        torch.save({key: value.cpu() for key, value in ae.state_dict().items()}, os.path.join(path, "ae.pt"))
        with open(os.path.join(path, "config.json"), "w") as out:
            json.dump({"trainer": trainer.config, "buffer": {"d_submodule": d, "io": "out", "n_ctxs": 3000, "ctx_len": 64}}, out, indent=4)
        x = inputs(d)
        with torch.no_grad():
            latents = ae.encode(x)
            expect(path, {"x": x, "latents": latents, "y": ae.decode(latents)})


def sparsify_dense(coder, x):
    from sparsify import sparse_coder
    from sparsify.utils import eager_decode

    # its Triton kernel needs a GPU; this is its own decoder for machines without
    sparse_coder.decoder_impl = eager_decode
    with torch.no_grad():
        acts, indices, _ = coder.encode(x)
        latents = torch.zeros(x.shape[0], coder.num_latents).scatter_(-1, indices, acts)
        return {"x": x, "latents": latents, "y": coder(x).sae_out}


def write_sparsify(folder, d, n, k):
    from sparsify import SparseCoder, SparseCoderConfig

    cases = {
        "topk": {}, "transcoder": {"transcode": True}, "skip-transcoder": {"transcode": True, "skip_connection": True}, "skip": {"skip_connection": True},
        "bf16": {},
    }
    for name, extra in cases.items():
        dtype = torch.bfloat16 if name == "bf16" else torch.float32
        coder = fill(SparseCoder(d, SparseCoderConfig(num_latents=n, k=k, **extra), dtype=torch.float32)).to(dtype)
        path = os.path.join(folder, f"sparsify-{name}", "layers.2.mlp" if "transcoder" in name else "layers.2")
        coder.save_to_disk(path)
        with open(os.path.join(os.path.dirname(path), "config.json"), "w") as out:
            json.dump({"model": "HuggingFaceTB/SmolLM2-135M", "ctx_len": 256}, out)
        expect(path, sparsify_dense(coder.float(), inputs(d)))


def openai_forward(state, x):
    """latents = activation(encoder(LN(x) - pre_bias) + latent_bias); x' = (decoder(latents) + pre_bias) * std + mean (arXiv 2406.04093)."""
    mean = x.mean(-1, keepdim=True)
    std = (x - mean).std(-1, keepdim=True)
    normalised = state["activation"] == "TopK"
    z = (x - mean) / (std + 1e-5) if normalised else x
    u = (z - state["pre_bias"]) @ state["encoder.weight"].T + state["latent_bias"]
    if normalised:
        values, indices = u.topk(state["activation_state_dict"]["k"], -1)
        latents = torch.zeros_like(u).scatter_(-1, indices, values.relu())
    else:
        latents = u.relu()
    y = latents @ state["decoder.weight"].T + state["pre_bias"]
    return {"x": x, "latents": latents, "y": y * std + mean if normalised else y}


def write_openai(folder, d, n, k):
    for name in ("TopK", "ReLU"):
        module = torch.nn.Module()
        module.pre_bias, module.latent_bias = torch.nn.Parameter(torch.zeros(d)), torch.nn.Parameter(torch.zeros(n))
        module.encoder, module.decoder = torch.nn.Linear(d, n, bias=False), torch.nn.Linear(n, d, bias=False)
        module.register_buffer("stats_last_nonzero", torch.zeros(n, dtype=torch.long))
        state = fill(module).state_dict()
        state["activation"] = name
        state["activation_state_dict"] = {"k": k, "postact_fn": "ReLU"} if name == "TopK" else torch.nn.ReLU().state_dict()
        path = os.path.join(folder, f"openai-{name.lower()}")
        os.makedirs(path, exist_ok=True)
        torch.save(state, os.path.join(path, "8.pt"))
        expect(path, openai_forward(state, inputs(d)))


def gemma_scope_sae(path):
    """SAELens' own loader of Gemma Scope, on a local folder."""
    from sae_lens import JumpReLUSAE, JumpReLUSAEConfig
    from sae_lens.loading import pretrained_sae_loaders as loaders

    loaders.hf_hub_download = lambda repo_id, filename, subfolder=None, **_: os.path.join(path, filename)
    with np.load(os.path.join(path, "params.npz")) as data:
        d, n = data["W_enc"].shape
    name = "embedding/width_4k" if os.path.basename(path) == "embedding" else "layer_20/width_16k"
    cfg, state, _ = loaders.gemma_2_sae_huggingface_loader("google/gemma-scope-2b-pt-res", name, cfg_overrides={"d_in": d, "d_sae": n})
    sae = JumpReLUSAE(JumpReLUSAEConfig(d_in=d, d_sae=n, apply_b_dec_to_input=cfg["apply_b_dec_to_input"]))
    sae.load_state_dict(state)
    return sae


def write_gemma_scope(folder, d, n):
    for name, dtype, save in (("layer_20", np.float32, np.savez), ("float64-deflated", np.float64, np.savez_compressed), ("embedding", np.float32, np.savez)):
        path = os.path.join(folder, f"gemma-scope-{name}", name)
        os.makedirs(path, exist_ok=True)
        arrays = {"W_enc": torch.randn(d, n) * 0.25, "W_dec": torch.randn(n, d) * 0.25, "b_enc": torch.randn(n) * 0.1, "b_dec": torch.randn(d) * 0.1, "threshold": torch.rand(n) * 0.3}
        save(os.path.join(path, "params.npz"), **{key: value.numpy().astype(dtype) for key, value in arrays.items()})
        expect(path, run_sae(gemma_scope_sae(path), inputs(d)))


def crosscoder_forward(state, x):
    """f = ReLU(sum_m x^m W_enc^m + b_enc), x'^m = f W_dec^m + b_dec^m; x [rows, 2, d]."""
    latents = (torch.einsum("bmd,mdn->bn", x, state["W_enc"]) + state["b_enc"]).relu()
    return {"latents": latents, "y": torch.einsum("bn,nmd->bmd", latents, state["W_dec"]) + state["b_dec"]}


def write_crosscoder(folder, d, n):
    path = os.path.join(folder, "crosscoder-repo-relu")
    os.makedirs(path, exist_ok=True)
    module = torch.nn.Module()
    for name, shape in {"W_enc": (2, d, n), "W_dec": (n, 2, d), "b_enc": (n,), "b_dec": (2, d)}.items():
        module.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))
    state = fill(module).state_dict()
    torch.save(state, os.path.join(path, "3.pt"))
    with open(os.path.join(path, "3_cfg.json"), "w") as out:
        json.dump({"dict_size": n, "d_in": d, "enc_dtype": "fp32", "hook_point": "blocks.14.hook_resid_pre", "model_name": "gemma-2-2b"}, out)
    x = inputs(2 * d)
    expect(path, {"x": x, **{key: value.reshape(len(x), -1) for key, value in crosscoder_forward(state, x.reshape(-1, 2, d)).items()}})


def write(folder, d, n, k):
    torch.manual_seed(0)
    write_sae_lens(folder, d, n, k)
    write_dictionary_learning(folder, d, n, k)
    write_sparsify(folder, d, n, k)
    write_openai(folder, d, n, k)
    write_gemma_scope(folder, d, n)
    write_crosscoder(folder, d, n)
    write_repeating_pursuit(folder, d, n)


def read_dictionary_learning(path, x):
    from dictionary_learning.dictionary import AutoEncoder
    from dictionary_learning.utils import load_dictionary

    ae, config = load_dictionary(path, "cpu")
    if config["trainer"]["dict_class"] == "AutoEncoder":
        ae = AutoEncoder.from_pretrained(os.path.join(path, "ae.pt"), normalize_decoder=False)
    with torch.no_grad():
        latents = ae.encode(x)
        return {"latents": latents, "y": ae.decode(latents)}


def read_sparsify(path, x):
    from sparsify import SparseCoder

    return sparsify_dense(SparseCoder.load_from_disk(path), x)


def read_crosscoder(path, x):
    state = torch.load(os.path.join(path, "0.pt"), weights_only=True)
    return {key: value.reshape(len(x), -1) for key, value in crosscoder_forward(state, x.reshape(len(x), 2, -1)).items()}


def refuse(path):
    """SAELens must not load it."""
    try:
        __import__("sae_lens").SAE.load_from_disk(path)
    except Exception:
        return
    raise SystemExit(f"SAELens loads {path}")


def read(kind, path):
    if kind == "refused-by-saelens":
        return refuse(path)
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    x = load_file(os.path.join(folder, "x.safetensors"))["x"]
    readers = {
        "saelens": lambda: run_sae(__import__("sae_lens").SAE.load_from_disk(path), x),
        "dictionary-learning": lambda: read_dictionary_learning(path, x),
        "sparsify": lambda: read_sparsify(path, x),
        "openai": lambda: openai_forward(torch.load(path, weights_only=True), x),
        "gemma-scope": lambda: run_sae(gemma_scope_sae(path), x),
        "crosscoder-repo": lambda: read_crosscoder(path, x),
    }
    theirs = readers[kind]()
    save_file({key: theirs[key].detach().contiguous() for key in ("latents", "y")}, os.path.join(folder, "theirs.safetensors"))


if sys.argv[1] == "write":
    write(sys.argv[2], *(int(v) for v in sys.argv[3:6]))
else:
    # one process reads them all, since importing costs seconds
    for line in sys.stdin:
        read(*line.strip().split(" ", 1))
