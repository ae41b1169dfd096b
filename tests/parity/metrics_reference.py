#!/usr/bin/env python3
"""What SAELens, dictionary_learning and sparsify print for given activations and given dictionaries, as JSON on stdout.

  python metrics_reference.py reconstruction      batches of x, their latents f and reconstructions y; figures by package
  python metrics_reference.py downstream MODEL    a Llama folder: tokens, a dictionary, CE, KL and scores as SAELens computes them

The fixture of SAELens 6.18 is made with PYTHONPATH set to its unpacked wheel (pip download sae-lens==6.18.0 --no-deps).
"""
import base64
import json
import os
import sys
from types import SimpleNamespace

import numpy as np
import torch
import sae_lens
from sae_lens import evals

# stdout is for the result: some packages greet when they are imported
RESULT, sys.stdout = sys.stdout, sys.stderr
HOOK = "blocks.1.hook_resid_post"


def pack(tensor):
    return base64.b64encode(np.ascontiguousarray(tensor.detach().numpy(), dtype="<f4").tobytes()).decode()


class Dictionary(torch.nn.Module):
    """f = relu((x - b_dec) W_enc + b_enc), or without relu; enough of every package's interface."""

    def __init__(self, d, n, signed, scale=0.4):
        super().__init__()
        self.W_enc, self.W_dec = torch.randn(d, n) * scale, torch.randn(n, d) * scale
        self.b_enc, self.b_dec = torch.randn(n) * 0.3 - 0.2, torch.randn(d) + 0.5
        self.signed, self.dict_size, self.activation_dim, self.device = signed, n, d, torch.device("cpu")
        metadata = SimpleNamespace(hook_name=HOOK, hook_head_index=None)
        self.cfg = SimpleNamespace(d_sae=n, d_in=d, metadata=metadata, hook_name=HOOK, hook_head_index=None)

    def encode(self, x):
        u = (x - self.b_dec) @ self.W_enc + self.b_enc
        return u * (u.abs() > 0.8) if self.signed else torch.relu(u)

    def decode(self, f):
        return f @ self.W_dec + self.b_dec

    def forward(self, x, output_features=False):
        f = self.encode(x)
        return (self.decode(f), f) if output_features else self.decode(f)


def saelens_figures(sae, batches):
    """get_sparsity_and_variance_metrics on given activations: the model gives them back, a batch a call."""
    waiting = iter(batches)
    model = SimpleNamespace(run_with_cache=lambda tokens, **_: (None, {HOOK: next(waiting)[None]}))
    sizes = iter(batches)
    store = SimpleNamespace(get_batch_tokens=lambda _: torch.zeros(1, next(sizes).shape[0], dtype=torch.long))
    same = SimpleNamespace(scale=lambda x: x, unscale=lambda x: x, scaling_factor=None)
    figures, _ = evals.get_sparsity_and_variance_metrics(
        sae, model, store, same, n_batches=len(batches), compute_l2_norms=True, compute_sparsity_metrics=True,
        compute_variance_metrics=True, compute_featurewise_density_statistics=True, eval_batch_size_prompts=1, model_kwargs={})
    return {name: value for name, value in figures.items() if not name.startswith("l2_norm")}


def dictionary_learning_figures(sae, batches):
    # its evaluation imports nnsight for the language model, which plays no part here
    sys.modules.setdefault("nnsight", SimpleNamespace(LanguageModel=object))
    from dictionary_learning.evaluation import evaluate

    return evaluate(sae, iter(batches), n_batches=len(batches))


def sparsify_fvu(sae, batches):
    os.environ["SPARSIFY_DISABLE_TRITON"] = "1"
    from sparsify import SparseCoder
    from sparsify.config import SparseCoderConfig

    d, n = sae.W_enc.shape
    coder = SparseCoder(d, SparseCoderConfig(num_latents=n, k=n))
    coder.encoder.weight.data, coder.encoder.bias.data = sae.W_enc.T.contiguous(), sae.b_enc
    coder.W_dec.data, coder.b_dec.data = sae.W_dec, sae.b_dec
    return {"fvu": float(np.mean([coder(x).fvu.item() for x in batches]))}


def reconstruction():
    cases = {}
    with torch.no_grad():
        for name, signed in {"rectified": False, "signed": True}.items():
            torch.manual_seed(7)
            sae = Dictionary(6, 10, signed)
            batches = [torch.randn(rows, 6) * 1.3 + torch.arange(6) / 3 for rows in (7, 5, 9)]
            figures = {f"saelens {sae_lens.__version__}": saelens_figures(sae, batches)}
            figures["dictionary_learning"] = dictionary_learning_figures(sae, batches)
            if not signed:
                figures["sparsify"] = sparsify_fvu(sae, batches)
            cases[name] = {
                "d": 6, "n": 10, "batches": [{"rows": len(x), "x": pack(x), "f": pack(sae.encode(x)), "y": pack(sae(x))} for x in batches],
                "figures": figures,
            }
    return cases


class Hooked:
    """As much of a HookedTransformer as get_recons_loss uses, around a Llama of transformers."""

    def __init__(self, folder, layer):
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.block = self.model.model.layers[layer]

    def __call__(self, tokens, **_):
        logits = self.model(tokens).logits
        loss = -torch.log_softmax(logits, -1)[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
        return logits, loss

    def run_with_hooks(self, tokens, fwd_hooks, **_):
        change = fwd_hooks[0][1]

        def replace(_module, _inputs, output):
            return (change(output[0], hook=None), *output[1:]) if isinstance(output, tuple) else change(output, hook=None)

        handle = self.block.register_forward_hook(replace)
        try:
            return self(tokens)
        finally:
            handle.remove()


def downstream(folder):
    torch.manual_seed(3)
    model = Hooked(folder, 1)
    d = model.model.config.hidden_size
    tokens = torch.randint(5, model.model.config.vocab_size, (2, 24))
    sae = Dictionary(d, 32, False, scale=d**-0.5)
    sae.b_dec = torch.zeros(d)
    same = SimpleNamespace(scale=lambda x: x, unscale=lambda x: x, scaling_factor=None)
    waiting = iter([tokens])
    store = SimpleNamespace(get_batch_tokens=lambda _: next(waiting))
    with torch.no_grad():
        figures = evals.get_downstream_reconstruction_metrics(
            sae, model, store, same, compute_kl=True, compute_ce_loss=True, n_batches=1, eval_batch_size_prompts=2)
        by_token = evals.get_recons_loss(sae, model, same, tokens, compute_kl=True, compute_ce_loss=False)
    # Loupe takes the KL where it takes the loss: not at the last position, which has no next token
    figures |= {f"{name}_but_last": value[:, :-1].mean().item() for name, value in by_token.items()}
    return {
        "tokens": tokens.flatten().tolist(), "contexts": 2, "d": d, "n": 32, "hook": HOOK, "figures": figures,
        "W_enc": pack(sae.W_enc.T), "W_dec": pack(sae.W_dec), "b_enc": pack(sae.b_enc),
    }


print(json.dumps(reconstruction() if sys.argv[1] == "reconstruction" else downstream(sys.argv[2])), file=RESULT)
