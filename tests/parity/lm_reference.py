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
from transformers import (Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM,
                          MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
BASE = dict(vocab_size=67, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
GPT2 = dict(vocab_size=67, n_embd=24, n_layer=2, n_head=4, n_positions=32, bos_token_id=0, eos_token_id=0)
NEOX = {k: v for k, v in BASE.items() if k != "num_attention_heads"} | dict(num_attention_heads=3)
MODELS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**GPT2)),
    "llama-gqa-untied": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=2, tie_word_embeddings=False)),
    "llama-tied-llama3": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=3, tie_word_embeddings=True, rope_parameters={"rope_theta": 500.0, **LLAMA3})),
    "llama-linear-wide-heads": lambda: LlamaForCausalLM(LlamaConfig(**BASE, num_key_value_heads=6, head_dim=8, attention_bias=True, mlp_bias=True, rope_parameters={"rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0})),
    # From here on windows are shorter than the text, soft caps below most scores, and heads rotate in part: a part left out shows.
    "gpt-neox-parallel": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**NEOX, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5})),
    "gpt-neox-sequential": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**NEOX, use_parallel_residual=False, rope_parameters={"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.25})),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**BASE, num_key_value_heads=2, tie_word_embeddings=True, use_sliding_window=True, sliding_window=4, max_window_layers=1)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**BASE, num_key_value_heads=2, head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 1e6})),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**BASE, num_key_value_heads=3, head_dim=8, sliding_window=4)),
    "gemma2": lambda: Gemma2ForCausalLM(Gemma2Config(**BASE, num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=12, sliding_window=4, attn_logit_softcapping=1.5, final_logit_softcapping=2.0)),
}
WANTED = ("hook_embed", "hook_pos_embed", "hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_scale", "hook_normalized", "hook_q", "hook_k", "hook_v", "hook_rot_q", "hook_rot_k",
          "hook_attn_scores", "hook_pattern", "hook_z", "hook_attn_out", "hook_pre", "hook_pre_linear", "hook_post", "hook_mlp_out")


def randomise(model, seed):
    gen = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            norm = p.dim() == 1 and "bias" not in name
            # Gemma's norms multiply by 1 + w.
            p.copy_(torch.randn(p.shape, generator=gen) * 0.25 + (1.0 if norm and model.config.model_type != "gemma2" else 0.0))


def converted(model, config):
    """The same for families whose weights TransformerLens itself converts."""
    from transformer_lens import HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import (convert_gemma_weights, convert_mistral_weights, convert_neox_weights, convert_qwen2_weights, convert_qwen3_weights)
    kind, rope = config.model_type, config.rope_parameters
    d_head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    common = dict(n_layers=config.num_hidden_layers, d_model=config.hidden_size, n_heads=config.num_attention_heads, d_head=d_head, d_mlp=config.intermediate_size, d_vocab=config.vocab_size,
                  n_ctx=32, device="cpu", positional_embedding_type="rotary", rotary_base=rope["rope_theta"], rotary_adjacent_pairs=False, rotary_dim=int(d_head * rope.get("partial_rotary_factor", 1.0)))
    if kind == "gpt_neox":
        return loaded(HookedTransformerConfig(**common, act_fn=config.hidden_act, normalization_type="LN", eps=config.layer_norm_eps, parallel_attn_mlp=config.use_parallel_residual), model, convert_neox_weights)
    common |= dict(act_fn="silu", gated_mlp=True, normalization_type="RMS", final_rms=True, eps=config.rms_norm_eps, n_key_value_heads=config.num_key_value_heads)
    windows = [getattr(config, "layer_types", ["sliding_attention"] * config.num_hidden_layers)[l] == "sliding_attention" for l in range(config.num_hidden_layers)]
    if any(windows):
        common |= dict(use_local_attn=True, window_size=config.sliding_window, attn_types=["local" if w else "global" for w in windows])
    if kind == "gemma2":
        common |= dict(act_fn="gelu_pytorch_tanh", use_normalization_before_and_after=True, attn_scale=config.query_pre_attn_scalar ** 0.5,
                       attn_scores_soft_cap=config.attn_logit_softcapping, output_logits_soft_cap=config.final_logit_softcapping)
    if kind == "qwen3":
        common |= dict(use_qk_norm=True)
    convert = {"gemma2": convert_gemma_weights, "mistral": convert_mistral_weights, "qwen2": convert_qwen2_weights, "qwen3": convert_qwen3_weights}[kind]
    return loaded(HookedTransformerConfig(**common), model, convert)


def loaded(cfg, model, convert):
    from transformer_lens import HookedTransformer
    tl = HookedTransformer(cfg)
    state = tl.load_state_dict(convert(model, cfg), strict=False)
    assert not state.unexpected_keys, state.unexpected_keys
    return tl


def transformer_lens(model, config):
    """HookedTransformer from a config of our own, with the weights put in unprocessed."""
    if config.model_type not in ("gpt2", "llama"):
        return converted(model, config)
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
            own = model(tokens, output_hidden_states=True)
            reference = {"tokens": tokens.to(torch.int32), "logits": own.logits}
            if "linear" not in name:  # TransformerLens has neither linear scaling nor a bias in a gated MLP's gate
                logits, cache = transformer_lens(model, model.config).run_with_cache(tokens)
                assert (logits - reference["logits"]).abs().max() < 1e-3, (name, (logits - reference["logits"]).abs().max())
                reference |= {k: v for k, v in cache.items() if k.split(".")[-1] in WANTED and "hook_result" not in k}
            if model.config.model_type not in ("gpt2", "llama"):
                # The residual streams are those of transformers itself; TransformerLens has the heads that it norms in one axis with tokens.
                for layer, state in enumerate(own.hidden_states[:-1]):
                    assert (reference[f"blocks.{layer}.hook_resid_pre"] - state).abs().max() < 1e-3
                    reference[f"blocks.{layer}.hook_resid_pre"] = state
                reference = {k: v.reshape(2, length, -1, v.shape[-1]) if "_norm.hook" in k else v for k, v in reference.items()}
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
