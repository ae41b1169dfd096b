"""A tiny random-weight BERT saved as a Hugging Face folder, and what transformers makes of some texts; MiniLM's vectors where its folder is named.

  python tests/parity/encoder_reference.py OUT_FOLDER [MINILM_FOLDER]
OUT/bert/ gets config.json, model.safetensors, tokenizer.json, vocab.txt and reference.json: `texts`, `ids` (with the special tokens), `vectors`
(the mean over the tokens that are no padding, at length 1), computed in one padded batch.  OUT/minilm.json has the same of MiniLM.
"""
import json
import os
import sys

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = SPECIALS + list("abcdefghijklmnopqrstuvwxyz0123456789.,!?'-()") + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz0123456789"] + ["the", "cat", "##ing", "##ed", "run", "sat", "中", "é", "[unused0]"]
TINY = ["the cat sat.", "The CAT, running!", "", "résumé Café naïve", "a", "zzz ½ Ⅷ €", "中文 x", "don't   stop\t\nnow 2024", "tab\u0000null\u200bwidth\u00ad", "[MASK] and [SEP] in text", "x" * 120,
        "the " * 60, "Grüße aus Köln", "🎉 party", "İstanbul", "ǅ ﬁne", "e\u0301 A\u030a"]
SENTENCES = ["names of rivers in Asia", "Words about music and musical instruments, for example \u201cviolin\u201d", "the past tense of verbs", "", "A feature that fires on opening brackets in code: `if (x > 0) {`",
             "chemical elements and compounds; acids", "Überraschung! 中文 and emoji 🎉", "plants and flowers " * 40]


def vectors(model, tokenizer, texts, limit, device_ids):
    """Mean over the mask, at length 1, of one batch padded on the right."""
    rows = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        rows.append(ids if len(ids) <= limit else ids[:limit - 1] + ids[-1:])
    length = max(map(len, rows))
    ids = torch.tensor([row + [device_ids] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    with torch.no_grad():
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    kept = mask.unsqueeze(-1).float()
    mean = (hidden * kept).sum(1) / kept.sum(1)
    unit = torch.nn.functional.normalize(mean, dim=1)
    return {"texts": texts, "ids": rows, "vectors": [[round(v, 8) for v in row] for row in unit.tolist()]}


def tiny(folder):
    vocab = {piece: i for i, piece in enumerate(PIECES)}
    config = BertConfig(vocab_size=len(vocab), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=48)
    model = BertModel(config, add_pooling_layer=False).eval()
    gen = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            p.copy_(torch.randn(p.shape, generator=gen) * 0.3 + (1.0 if "LayerNorm.weight" in name else 0.0))
    model.save_pretrained(folder)
    tok = Tokenizer(models.WordPiece(vocab=vocab, unk_token="[UNK]"))
    tok.normalizer = normalizers.BertNormalizer(lowercase=True)
    tok.pre_tokenizer, tok.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    tok.add_special_tokens(SPECIALS)
    tok.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tok.save(os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "vocab.txt"), "w") as out:
        out.write("\n".join(PIECES) + "\n")
    with open(os.path.join(folder, "reference.json"), "w") as out:
        json.dump(vectors(model, tok, TINY, 48, 0), out)


def minilm(source, path):
    tok = Tokenizer.from_file(os.path.join(source, "tokenizer.json"))
    tok.no_padding()
    tok.no_truncation()
    with open(path, "w") as out:
        json.dump(vectors(BertModel.from_pretrained(source, add_pooling_layer=False).eval(), tok, SENTENCES, 256, 0), out)


def main(root, source=None):
    folder = os.path.join(root, "bert")
    os.makedirs(folder, exist_ok=True)
    tiny(folder)
    if source:
        minilm(source, os.path.join(root, "minilm.json"))


main(*sys.argv[1:])
