"""Merges of Hugging Face's own byte-level BPE trainer over a text: python bpe_reference.py TEXT VOCAB -> JSON list of pairs on stdout."""
import json
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
trainer = trainers.BpeTrainer(vocab_size=int(sys.argv[2]), min_frequency=2, show_progress=False, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
tokenizer.train_from_iterator([open(sys.argv[1], encoding="utf8", newline="").read()], trainer)
out = json.loads(tokenizer.to_str())["model"]
print(json.dumps({"merges": out["merges"], "vocab": out["vocab"]}))
