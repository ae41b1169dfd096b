"""What pandas reads of an exported Parquet folder, as JSON: types, and every row with its lists."""
import json
import sys

import pandas as pd
import pyarrow.parquet as pq

found = {}
for name in ("features", "labels", "examples"):
    path = f"{sys.argv[1]}/{name}.parquet"
    pq.read_table(path).validate(full=True)
    table = pd.read_parquet(path)
    found[name] = {"types": [str(t) for t in pq.read_schema(path).types], "rows": json.loads(table.to_json(orient="records", double_precision=15))}
json.dump(found, sys.stdout)
