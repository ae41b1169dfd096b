#!/usr/bin/env python3
"""SAELens on dictionaries of Loupe, and dictionaries of SAELens for Loupe. Needs sae_lens, torch and safetensors.

  python sae_lens_reference.py read FOLDER   activations in FOLDER/x.safetensors -> FOLDER/sae_lens.safetensors (latents, y)
  python sae_lens_reference.py write FOLDER D N K   makes FOLDER/{standard,topk,topk-rescaled,jumprelu,layer-norm,constant-norm}
                                                    with x, latents and y beside each
"""
import json
import os
import sys

import torch
from safetensors.torch import load_file, save_file
from sae_lens import SAE


def run(sae, x):
    with torch.no_grad():
        latents = sae.encode(x)
        return {"latents": latents.contiguous(), "y": sae.decode(latents).contiguous()}


def read(folder):
    sae = SAE.load_from_disk(folder, device="cpu")
    x = load_file(os.path.join(folder, "x.safetensors"))["x"]
    save_file(run(sae, x), os.path.join(folder, "sae_lens.safetensors"))
    print(json.dumps({"architecture": sae.cfg.architecture(), "k": getattr(sae.cfg, "k", None)}))


def write(folder, d, n, k):
    from sae_lens import JumpReLUSAE, JumpReLUSAEConfig, StandardSAE, StandardSAEConfig, TopKSAE, TopKSAEConfig

    torch.manual_seed(0)
    cases = {
        "standard": (StandardSAE, StandardSAEConfig, {}),
        "topk": (TopKSAE, TopKSAEConfig, {"k": k}),
        "topk-rescaled": (TopKSAE, TopKSAEConfig, {"k": k, "rescale_acts_by_decoder_norm": True}),
        "jumprelu": (JumpReLUSAE, JumpReLUSAEConfig, {"apply_b_dec_to_input": False}),
        "layer-norm": (StandardSAE, StandardSAEConfig, {"normalize_activations": "layer_norm"}),
        "constant-norm": (TopKSAE, TopKSAEConfig, {"k": k, "normalize_activations": "constant_norm_rescale"}),
    }
    for name, (model, config, extra) in cases.items():
        sae = model(config(d_in=d, d_sae=n, dtype="float32", device="cpu", **extra))
        for key, value in sae.state_dict().items():
            value.copy_(torch.rand_like(value) * 0.3 if key == "threshold" else torch.randn_like(value) * (0.2 if "W" in key else 0.1))
        path = os.path.join(folder, name)
        sae.cfg.metadata.hook_name = "blocks.1.hook_resid_post"
        sae.cfg.metadata.context_size = 64
        sae.cfg.metadata.sae_lens_version = __import__("sae_lens").__version__
        sae.save_model(path)
        x = torch.randn(20, d) + 0.3
        save_file({"x": x, **run(sae, x)}, os.path.join(path, "expected.safetensors"))


if sys.argv[1] == "read":
    read(sys.argv[2])
else:
    write(sys.argv[2], *(int(v) for v in sys.argv[3:6]))
