"""Logits of the first N tokens of a text by llama.cpp, from the same GGUF file.

  python tests/parity/llama_cpp_reference.py MODEL.gguf TEXT.txt OUT.safetensors [--tokens 200]
The file gets `tokens` (int32 [N]) and `logits` (float32 [N, vocab] of log-probabilities); with --top K instead of the
latter `top_ids` (int32 [N, K], likeliest first) and `top_logits` (float32 [N, K]): small enough to commit.
"""
import argparse

import numpy as np
from llama_cpp import Llama
from safetensors.numpy import save_file

args = argparse.ArgumentParser()
args.add_argument("model")
args.add_argument("text")
args.add_argument("out")
args.add_argument("--tokens", type=int, default=200)
args.add_argument("--top", type=int)
args = args.parse_args()
# One thread: llama.cpp's threads spin. logits_all keeps every position.
llama = Llama(model_path=args.model, n_ctx=args.tokens + 8, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False)
tokens = llama.tokenize(open(args.text, "rb").read(), add_bos=False, special=False)[:args.tokens]
llama.eval(tokens)
scores = np.array(llama.scores[:len(tokens)], np.float64)
scores -= scores.max(-1, keepdims=True)
scores -= np.log(np.exp(scores).sum(-1, keepdims=True))
out = {"tokens": np.array(tokens, np.int32)}
if args.top is None:
    out["logits"] = scores.astype(np.float32)
else:
    ids = np.argsort(-scores, axis=-1, kind="stable")[:, :args.top]
    out |= {"top_ids": ids.astype(np.int32), "top_logits": np.take_along_axis(scores, ids, -1).astype(np.float32)}
save_file(out, args.out)
print(len(tokens), "tokens")
