"""Token ids of hard lines by the reference implementations, for tests/unit/engine/tokenizers.

Tiny tokenizers are trained here (byte-level BPE as GPT-2's, with NFC before it as GPT-NeoX's, cut by a pattern as Qwen's; BPE with byte
fallback over spaces as Llama's, Gemma's and Mistral's) and run by transformers; with --gguf the file's own tokenizer is run by llama.cpp, and by transformers.
  python tests/parity/tokenizer_reference.py OUT.json.gz --lines 5000 [--gguf MODEL.gguf]
"""
import argparse
import gzip
import json
import os
import tempfile

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
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


def byte_level(pre_tokenizer):
    def build(corpus):
        tok = Tokenizer(models.BPE())
        tok.normalizer, tok.decoder = normalizers.NFC(), decoders.ByteLevel()
        tok.pre_tokenizer = pre_tokenizer
        tok.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=700, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        return tok, {"eos_token": "<|endoftext|>"}
    return build


QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
neox_like = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
qwen_like = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))


def byte_fallback(normalizer, pre_tokenizer, strip):
    """Spaces are U+2581; in Gemma's file as a normalizer with nothing put before, in Mistral's later files as Metaspace."""
    def build(corpus):
        tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        if normalizer is not None:
            tok.normalizer = normalizer
        tok.pre_tokenizer = pre_tokenizer
        tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()] + ([decoders.Strip(" ", 1, 0)] if strip else []))
        special = ["<unk>", "<bos>", "<eos>"] + [f"<0x{b:02X}>" for b in range(256)]
        tok.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=900, special_tokens=special, limit_alphabet=120, show_progress=False))
        spec = json.loads(tok.to_str())
        spec["added_tokens"] = [t for t in spec["added_tokens"] if not t["content"].startswith("<0x")]
        tok = Tokenizer.from_str(json.dumps(spec))
        tok.post_processor = processors.TemplateProcessing(single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", 1)])
        return tok, {"bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>"}
    return build


gemma_like = byte_fallback(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", behavior="merged_with_previous"), False)
mistral_like = byte_fallback(None, pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False), True)


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
    out |= {name: case(*build(corpus), text) for name, build in {"neox": neox_like, "qwen": qwen_like, "gemma": gemma_like, "mistral": mistral_like}.items()}
    if args.gguf:
        out["gguf"] = gguf_case(args.gguf, text)
    with gzip.GzipFile(args.out, "wb", mtime=0) as file:
        file.write(json.dumps(out, ensure_ascii=False).encode())
    print(args.out, os.path.getsize(args.out), "bytes")


main()
