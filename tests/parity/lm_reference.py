"""Tiny random-weight models saved as Hugging Face folders, their logits by transformers, and every hook by TransformerLens.

  python tests/parity/lm_reference.py OUT_FOLDER
Each model gets OUT/<name>/{config.json, model.safetensors, tokenizer.json, reference.safetensors}.  The reference holds `tokens`,
`logits` (transformers, eager attention) and every hook under its name (TransformerLens, no weight processing), all of two rows of text.
"""
import json
import os
import sys

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, decoders
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
BASE = dict(vocab_size=67, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
GPT2 = dict(vocab_size=67, n_embd=24, n_layer=2, n_head=4, n_positions=32, bos_token_id=0, eos_token_id=0)
MODELS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**GPT2)),
    "llama-gqa-untied": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=2, tie_word_embeddings=False)),
    "llama-tied-llama3": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=3, tie_word_embeddings=True, rope_parameters={"rope_theta": 500.0, **LLAMA3})),
    "llama-linear-wide-heads": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=6, head_dim=8, attention_bias=True, mlp_bias=True, rope_parameters={"rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0})),
}
WANTED = ("hook_embed", "hook_pos_embed", "hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_scale", "hook_normalized", "hook_q", "hook_k", "hook_v", "hook_rot_q", "hook_rot_k",
          "hook_attn_scores", "hook_pattern", "hook_z", "hook_attn_out", "hook_pre", "hook_pre_linear", "hook_post", "hook_mlp_out")


def randomise(model, seed):
    gen = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            norm = p.dim() == 1 and "bias" not in name
            p.copy_(torch.randn(p.shape, generator=gen) * 0.25 + (1.0 if norm else 0.0))


def transformer_lens(model, config):
    """HookedTransformer from a config of our own, with the weights put in unprocessed."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig
    gpt2 = config.model_type == "gpt2"
    heads = config.n_head if gpt2 else config.num_attention_heads
    d = config.n_embd if gpt2 else config.hidden_size
    d_head = d // heads if gpt2 else config.head_dim
    common = dict(n_layers=config.n_layer if gpt2 else config.num_hidden_layers, d_model=d, n_heads=heads, d_head=d_head, d_vocab=config.vocab_size, n_ctx=32, device="cpu")
    if gpt2:
        cfg = HookedTransformerConfig(**common, d_mlp=4 * d, act_fn="gelu_new", normalization_type="LN", eps=config.layer_norm_epsilon)
    else:
        rope = config.rope_parameters
        extra = {}
        if rope["rope_type"] == "llama3":
            extra = dict(use_NTK_by_parts_rope=True, NTK_by_parts_factor=rope["factor"], NTK_by_parts_low_freq_factor=rope["low_freq_factor"],
                         NTK_by_parts_high_freq_factor=rope["high_freq_factor"], NTK_original_ctx_len=rope["original_max_position_embeddings"])
        cfg = HookedTransformerConfig(**common, d_mlp=config.intermediate_size, act_fn="silu", gated_mlp=True, normalization_type="RMS", eps=config.rms_norm_eps, final_rms=True,
                                      positional_embedding_type="rotary", rotary_dim=d_head, rotary_base=rope["rope_theta"], rotary_adjacent_pairs=False,
                                      n_key_value_heads=config.num_key_value_heads, **extra)
    tl = HookedTransformer(cfg)
    s = model.state_dict()
    out = {}
    split = lambda w, n: w.reshape(n, d_head, d).transpose(1, 2)
    for l in range(cfg.n_layers):
        b = f"blocks.{l}."
        if gpt2:
            h = f"transformer.h.{l}."
            q, k, v = s[h + "attn.c_attn.weight"].T.split(d)
            bq, bk, bv = s[h + "attn.c_attn.bias"].split(d)
            out |= {b + "attn.W_Q": split(q, heads), b + "attn.W_K": split(k, heads), b + "attn.W_V": split(v, heads), b + "attn.b_Q": bq.reshape(heads, -1), b + "attn.b_K": bk.reshape(heads, -1),
                    b + "attn.b_V": bv.reshape(heads, -1), b + "attn.W_O": s[h + "attn.c_proj.weight"].reshape(heads, d_head, d), b + "attn.b_O": s[h + "attn.c_proj.bias"],
                    b + "mlp.W_in": s[h + "mlp.c_fc.weight"], b + "mlp.b_in": s[h + "mlp.c_fc.bias"], b + "mlp.W_out": s[h + "mlp.c_proj.weight"], b + "mlp.b_out": s[h + "mlp.c_proj.bias"],
                    b + "ln1.w": s[h + "ln_1.weight"], b + "ln1.b": s[h + "ln_1.bias"], b + "ln2.w": s[h + "ln_2.weight"], b + "ln2.b": s[h + "ln_2.bias"]}
        else:
            h = f"model.layers.{l}."
            kv = cfg.n_key_value_heads
            a = h + "self_attn."
            zero = lambda key, shape: s[key].reshape(shape) if key in s else torch.zeros(shape)
            out |= {b + "attn.W_Q": split(s[a + "q_proj.weight"], heads), b + "attn._W_K": split(s[a + "k_proj.weight"], kv), b + "attn._W_V": split(s[a + "v_proj.weight"], kv),
                    b + "attn.b_Q": zero(a + "q_proj.bias", (heads, d_head)), b + "attn._b_K": zero(a + "k_proj.bias", (kv, d_head)), b + "attn._b_V": zero(a + "v_proj.bias", (kv, d_head)),
                    b + "attn.W_O": s[a + "o_proj.weight"].T.reshape(heads, d_head, d), b + "attn.b_O": zero(a + "o_proj.bias", (d,)),
                    b + "mlp.W_gate": s[h + "mlp.gate_proj.weight"].T, b + "mlp.W_in": s[h + "mlp.up_proj.weight"].T, b + "mlp.W_out": s[h + "mlp.down_proj.weight"].T,
                    b + "ln1.w": s[h + "input_layernorm.weight"], b + "ln2.w": s[h + "post_attention_layernorm.weight"]}
    if gpt2:
        out |= {"embed.W_E": s["transformer.wte.weight"], "pos_embed.W_pos": s["transformer.wpe.weight"][:32], "ln_final.w": s["transformer.ln_f.weight"], "ln_final.b": s["transformer.ln_f.bias"], "unembed.W_U": s["lm_head.weight"].T}
    else:
        out |= {"embed.W_E": s["model.embed_tokens.weight"], "ln_final.w": s["model.norm.weight"], "unembed.W_U": s["lm_head.weight"].T}
    missing = tl.load_state_dict(out, strict=False)
    assert not missing.unexpected_keys, missing.unexpected_keys
    return tl


def main(root):
    for seed, (name, build) in enumerate(MODELS.items()):
        model = build().eval()
        model.set_attn_implementation("eager")
        randomise(model, seed)
        folder = os.path.join(root, name)
        model.save_pretrained(folder)
        length = 10
        tokens = torch.randint(0, 67, (2, length), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            reference = {"tokens": tokens.to(torch.int32), "logits": model(tokens).logits}
            if "linear" not in name:  # TransformerLens has neither linear scaling nor a bias in a gated MLP's gate
                logits, cache = transformer_lens(model, model.config).run_with_cache(tokens)
                assert (logits - reference["logits"]).abs().max() < 1e-3, (name, (logits - reference["logits"]).abs().max())
                reference |= {k: v for k, v in cache.items() if k.split(".")[-1] in WANTED and "hook_result" not in k}
        save_file({k: v.clone().contiguous() for k, v in reference.items()}, os.path.join(folder, "reference.safetensors"))
        tok = Tokenizer(models.BPE(vocab={chr(33 + i): i for i in range(67)}, merges=[]))
        tok.pre_tokenizer, tok.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        tok.save(os.path.join(folder, "tokenizer.json"))
        for extra in ("generation_config.json",):
            path = os.path.join(folder, extra)
            if os.path.exists(path):
                os.remove(path)
        print(name, json.dumps({k: os.path.getsize(os.path.join(folder, k)) for k in sorted(os.listdir(folder))}))


main(sys.argv[1])
