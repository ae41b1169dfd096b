"""SAEDashboard over a model and a dictionary made from a local config: seconds for the data of all features. Nothing is downloaded.

  python bench/catalog_peer.py OUT --features 512 --contexts 256 --context 128 --d 768 --vocab 2048

The hook is blocks.0.hook_resid_pre, which is the token embedding, so that the forward pass costs next to nothing. Before the clock starts,
OUT gets what Loupe needs for the same: activations.npy, tokens.npy, unembedding.npy and the dictionary in SAELens' format. Prints one JSON object.

An environment that has it: torch 2.13.0 first, then sae-dashboard with ../shared/bench/constraints.txt, then pyarrow below 22 (its numpy is old),
and torchvision and torchaudio removed again (they come for another torch).
"""
import argparse
import contextlib
import json
import os
import resource
import sys
import time

import numpy as np
import torch
from sae_dashboard.sae_vis_data import SaeVisConfig
from sae_dashboard.sae_vis_runner import SaeVisRunner
from sae_lens import StandardSAE, StandardSAEConfig
from tokenizers import Tokenizer, models
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformers import PreTrainedTokenizerFast

ap = argparse.ArgumentParser()
ap.add_argument("out")
ap.add_argument("--features", type=int, default=512)
ap.add_argument("--contexts", type=int, default=256)
ap.add_argument("--context", type=int, default=128)
ap.add_argument("--d", type=int, default=768)
ap.add_argument("--vocab", type=int, default=2048)
ap.add_argument("--threads", type=int, default=os.cpu_count())
a = ap.parse_args()
torch.manual_seed(0)
torch.set_num_threads(a.threads)
hook = "blocks.0.hook_resid_pre"
words = {f"w{i}": i for i in range(a.vocab)}
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w0")), unk_token="w0", bos_token="w0", eos_token="w0", pad_token="w0")
cfg = HookedTransformerConfig(n_layers=1, d_model=a.d, n_ctx=a.context, d_head=64, n_heads=a.d // 64, d_mlp=a.d, d_vocab=a.vocab, act_fn="gelu", normalization_type="LNPre",
                              positional_embedding_type="rotary", rotary_dim=64, model_name="local", device="cpu", seed=0)
model = HookedTransformer(cfg)
model.tokenizer = tokenizer  # set_tokenizer would ask a hub for it
model.W_E.data = torch.randn(a.vocab, a.d)
model.eval()
sae = StandardSAE(StandardSAEConfig(d_in=a.d, d_sae=a.features, apply_b_dec_to_input=False, normalize_activations="none", device="cpu"))
sae.cfg.metadata.hook_name = hook
decoder = torch.randn(a.features, a.d)
decoder /= decoder.norm(dim=1, keepdim=True)
sae.W_dec.data, sae.W_enc.data = decoder.clone(), decoder.T.contiguous().clone()
sae.b_enc.data.fill_(-2.0)  # about 2 % of tokens fire a feature
tokens = torch.randint(1, a.vocab, (a.contexts, a.context))
with torch.inference_mode():
    x = model.W_E[tokens].float()
np.save(os.path.join(a.out, "activations.npy"), x.numpy())
np.save(os.path.join(a.out, "tokens.npy"), tokens.int().numpy())
np.save(os.path.join(a.out, "unembedding.npy"), model.W_U.detach().float().numpy())
sae.save_model(os.path.join(a.out, "dictionary"))
config = SaeVisConfig(hook_point=hook, features=list(range(a.features)), minibatch_size_features=64, minibatch_size_tokens=64, device="cpu", dtype="float32")
start, used = time.perf_counter(), time.process_time()
with contextlib.redirect_stdout(sys.stderr):
    data = SaeVisRunner(config).run(encoder=sae, model=model, tokens=tokens)
seconds, cpu = time.perf_counter() - start, time.process_time() - used
print(json.dumps({"peer": "sae-dashboard", "features": len(data.feature_data_dict), "tokens": tokens.numel(), "d": a.d, "seconds": seconds, "cpu_s": cpu,
                  "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
