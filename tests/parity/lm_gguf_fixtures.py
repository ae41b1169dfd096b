"""The tiny models of lm_reference.py as GGUF files, by llama.cpp's own converter: its names of tensors, its orders of rows, its changes of values.

  python tests/parity/lm_gguf_fixtures.py LLAMA_CPP MODELS OUT

LLAMA_CPP is a checkout of llama.cpp (or vendor/llama.cpp of llama-cpp-python's source package; 0.3.36 made the fixtures), MODELS the folder that
lm_reference.py wrote.  The converter knows published tokenizers alone, so the tokenizer is written here; nothing else is changed.
"""
import importlib
import pathlib
import sys

checkout, models, out = map(pathlib.Path, sys.argv[1:])
sys.path[:0] = [str(checkout), str(checkout / "gguf-py")]
import gguf  # noqa: E402
from conversion.base import ModelBase  # noqa: E402

FAMILIES = {"gpt-neox-parallel": ("gptneox", "GPTNeoXForCausalLM"), "qwen2": ("qwen", "Qwen2ForCausalLM"), "qwen3": ("qwen", "Qwen3ForCausalLM"),
            "mistral": ("llama", "MistralForCausalLM"), "gemma2": ("gemma", "Gemma2ForCausalLM")}


def set_vocab(self):
    self.gguf_writer.add_tokenizer_model("gpt2")
    self.gguf_writer.add_tokenizer_pre("gpt-2")
    self.gguf_writer.add_token_list([chr(33 + i) for i in range(67)])
    self.gguf_writer.add_token_types([1] * 67)
    self.gguf_writer.add_token_merges([])


out.mkdir(parents=True, exist_ok=True)
for name, (module, architecture) in FAMILIES.items():
    importlib.import_module(f"conversion.{module}")
    family = ModelBase.from_model_architecture(architecture)
    family.set_vocab = set_vocab
    model = family(dir_model=models / name, ftype=gguf.LlamaFileType.ALL_F32, fname_out=out / f"{name}.gguf")
    if module == "gptneox":  # transformers 5 writes it elsewhere, where the converter does not look
        model.hparams["rotary_pct"] = model.hparams["rope_parameters"]["partial_rotary_factor"]
    model.write()
