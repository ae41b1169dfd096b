"""Writes a folder as SAELens' CacheActivationsRunner does: python saelens_cache_fixture.py FOLDER (needs sae_lens).

5 contexts in two shards of 3 and 2; 4 tokens a context, width 3; value = row + column / 4, token id = 100 + row.
"""
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from datasets import Array2D, Features, Sequence, Value
from sae_lens.cache_activations_runner import CacheActivationsRunner

folder, hook, length, d = Path(sys.argv[1]), "blocks.1.hook_resid_post", 4, 3
shards = folder.with_name(folder.name + "-shards")
features = Features({hook: Array2D(shape=(length, d), dtype="float32"), "token_ids": Sequence(Value(dtype="int32"), length=length)})
first = 0
for index, contexts in enumerate((3, 2)):
    rows = torch.arange(first, first + contexts * length)
    # `_create_shard` reads nothing of its runner but these: no model is needed.
    runner = SimpleNamespace(cfg=SimpleNamespace(hook_name=hook, n_seq_in_buffer=contexts, d_in=d), context_size=length, features=features)
    activations = rows[:, None].float() + torch.arange(d)[None] / 4
    shard = CacheActivationsRunner._create_shard(runner, (activations, rows + 100))
    shard.save_to_disk(str(shards / f"shard_{index:05d}"), num_shards=1)
    first += contexts * length
folder.mkdir(parents=True)
CacheActivationsRunner._consolidate_shards(shards, folder, copy_files=False)
shutil.rmtree(shards, ignore_errors=True)
