"""Writes fixtures/gguf-quants.json: blocks of every weight type that Loupe reads, and what the `gguf` package makes of them.

Where the package can quantise, real values are quantised; for the K types, which it can only read, the blocks are random
bytes with finite scales.  Run: python tests/parity/gguf_quants.py
"""
import base64, json, pathlib
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize

rng = np.random.default_rng(7)
encode = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
# Byte positions of half-precision scales inside a block of the K types.
scales = {T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}
out = {}
for kind in (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K):
    block, size = GGML_QUANT_SIZES[kind]
    if kind in scales:
        data = rng.integers(0, 256, (6, size), dtype=np.uint8)
        for at in scales[kind]:
            data[:, at:at + 2] = rng.normal(0, 0.02, (6, 1)).astype(np.float16).view(np.uint8)
    else:
        data = np.frombuffer(quantize(rng.normal(0, 1, (4, 64)).astype(np.float32), kind).tobytes(), np.uint8)
    values = dequantize(data.reshape(-1, size) if kind not in (T.F32, T.F16) else data.view(np.float32 if kind == T.F32 else np.float16), kind)
    out[kind.name] = {"type": int(kind), "bytes": encode(data), "values": encode(values.astype(np.float32))}
path = pathlib.Path(__file__).parent / "fixtures" / "gguf-quants.json"
path.write_text(json.dumps(out, indent=1) + "\n")
print(path, path.stat().st_size)
