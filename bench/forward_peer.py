"""Milliseconds for `transformers` to take the first blocks of a model to the residual stream after them.

  python bench/forward_peer.py MODEL.gguf --layers 10 --batch 16 --context 128 --passes 5
The model is cut to its first blocks and has no unembedding; the pass returns the hook's tensor. Prints one JSON object.
"""
import argparse
import json
import os
import resource
import time

import torch
from transformers import AutoModel

args = argparse.ArgumentParser()
args.add_argument("model")
args.add_argument("--layers", type=int, default=10)
args.add_argument("--batch", type=int, default=16)
args.add_argument("--context", type=int, default=128)
args.add_argument("--passes", type=int, default=5)
args.add_argument("--threads", type=int, default=os.cpu_count())
args = args.parse_args()
torch.set_num_threads(args.threads)
folder, name = os.path.split(args.model)
model = AutoModel.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
model.layers = model.layers[: args.layers]
model.norm = torch.nn.Identity()  # the hook stands before the final norm
tokens = torch.arange(args.batch * args.context).mul(7919).remainder(model.config.vocab_size).reshape(args.batch, args.context)
times, cpu = [], []
with torch.inference_mode():
    for i in range(args.passes + 1):
        start, used = time.perf_counter(), time.process_time()
        out = model(input_ids=tokens, use_cache=False).last_hidden_state
        times.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
times, cpu = sorted(times[1:]), sorted(cpu[1:])
median = times[len(times) // 2]
print(json.dumps({"peer": "transformers", "attention": model.config._attn_implementation, "ms_per_pass": median, "best_ms": times[0], "cpu_ms_per_pass": cpu[len(cpu) // 2], "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                  "tokens_per_s": args.batch * args.context / median * 1e3,
                  "norm_of_last": float(out[-1, -1].norm())}))
