"""Token ids of hard lines by the reference implementations, for tests/unit/engine/tokenizers.

Two tiny tokenizers are trained here (byte-level BPE as GPT-2's, metaspace BPE with byte fallback as Llama's) and run by
transformers; with --gguf the file's own tokenizer is run by llama.cpp, and by transformers.
  python tests/parity/tokenizer_reference.py OUT.json.gz --lines 5000 [--gguf MODEL.gguf]
"""
import argparse
import gzip
import json
import os
import tempfile

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizer_lines import lines


def gpt2_like(corpus):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=900, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    return tok, {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "add_prefix_space": False}


def llama_like(corpus):
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tok.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=1100, special_tokens=special, limit_alphabet=120, show_progress=False))
    spec = json.loads(tok.to_str())
    spec["added_tokens"] = [t for t in spec["added_tokens"] if t["content"] in ("<unk>", "<s>", "</s>")]
    tok = Tokenizer.from_str(json.dumps(spec))
    tok.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
    return tok, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def case(tok, config, text):
    from transformers import PreTrainedTokenizerFast
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.json")
        tok.save(path)
        fast = PreTrainedTokenizerFast(tokenizer_file=path, clean_up_tokenization_spaces=False, **{k: v for k, v in config.items() if k.endswith("_token")})
        ids = [fast.encode(t, add_special_tokens=False) for t in text]
        return {"json": json.loads(tok.to_str()), "config": config, "ids": ids, "special": [fast.encode(t) for t in text[:20]],
                "decoded": [fast.decode(i, clean_up_tokenization_spaces=False) for i in ids]}


def gguf_case(path, text):
    from llama_cpp import Llama
    from transformers import AutoTokenizer
    llama = Llama(model_path=path, vocab_only=True, verbose=False)
    # The lines hold the texts of special tokens on purpose: transformers always parses them, so llama.cpp is told to.
    native = [llama.tokenize(t.encode(), add_bos=False, special=True) for t in text]
    fast = AutoTokenizer.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path))
    # transformers reads no `tokenizer.ggml.pre` and cuts as GPT-2 does; the file says "smollm": digits first, then as GPT-2.
    fast.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return {"ids": native, "transformers": [fast.encode(t, add_special_tokens=False) for t in text]}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("out")
    args.add_argument("--lines", type=int, default=5000)
    args.add_argument("--gguf")
    args = args.parse_args()
    text = lines(args.lines)
    corpus = lines(4000, seed=11)
    out = {"lines": text, "gpt2": case(*gpt2_like(corpus), text), "llama": case(*llama_like(corpus), text)}
    if args.gguf:
        out["gguf"] = gguf_case(args.gguf, text)
    with gzip.GzipFile(args.out, "wb", mtime=0) as file:
        file.write(json.dumps(out, ensure_ascii=False).encode())
    print(args.out, os.path.getsize(args.out), "bytes")


main()
