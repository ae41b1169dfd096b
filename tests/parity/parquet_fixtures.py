"""Writes the Parquet fixtures of tests/unit/engine/corpora/kinds/parquet.test.ts: python parquet_fixtures.py FOLDER (needs pyarrow)."""
import sys
import pyarrow as pa
import pyarrow.parquet as pq

texts = [f"row {i}" + (" repeated" * (i % 3)) for i in range(10)]
texts[4], texts[7] = None, "  "
table = pa.table({"id": list(range(10)), "text": texts, "note": ["é🙂"] * 10})
for codec in ("none", "snappy", "gzip", "brotli", "zstd"):
    pq.write_table(table, f"{sys.argv[1]}/rows-{codec}.parquet", compression=codec, row_group_size=4)
