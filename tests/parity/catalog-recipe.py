"""The features of a catalog as a pandas table, with the words around the peak of each one's strongest example."""
import sqlite3, sys
import numpy as np
import pandas as pd

db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
features = pd.read_sql("SELECT source, idx, density, max, mean, label FROM features", db)
texts = pd.read_sql("SELECT model, token, text FROM vocabulary", db).set_index(["model", "token"])["text"]
top = pd.read_sql("""SELECT e.source, e.feature AS idx, e.peak, c.tokens, s.model FROM examples e
  JOIN contexts c ON c.id = e.context JOIN sources s ON s.id = e.source WHERE e.grp = 0 AND e.rank = 0""", db)
around = lambda row: "".join(texts[row.model, t] for t in np.frombuffer(row.tokens, "<i4")[max(0, row.peak - 5):row.peak + 6])
top["example"] = [around(row) for row in top.itertuples()]
table = features.merge(top[["source", "idx", "example"]], how="left", on=["source", "idx"])
print(table.sort_values("density", ascending=False).head(20).to_json(orient="records"))
