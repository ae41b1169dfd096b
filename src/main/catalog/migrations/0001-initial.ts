/**
 * The first schema.
 *
 * Laid out for 131,072 features and millions of examples: each sort order of the feature table is one covering index, examples are
 * clustered so that one feature's are a few neighbouring pages, contexts are stored once whatever number of features uses them.
 * docs/file-formats.md describes each table and each blob.
 */
import type { Migration } from './types.ts';

const who = `
CREATE TABLE info (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE models (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  tokenizer_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT NOT NULL,
  d_model INTEGER NOT NULL,
  layers INTEGER NOT NULL,
  UNIQUE (hash, tokenizer_hash)
) STRICT;

CREATE TABLE vocabulary (
  model INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  token INTEGER NOT NULL CHECK (token >= 0),
  text TEXT NOT NULL CHECK (length(text) <= 1000),
  special INTEGER NOT NULL CHECK (special IN (0, 1)),
  PRIMARY KEY (model, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE stores (
  id INTEGER PRIMARY KEY,
  model INTEGER NOT NULL REFERENCES models (id),
  hash TEXT NOT NULL UNIQUE,
  corpus_name TEXT NOT NULL,
  corpus_hash TEXT NOT NULL,
  context_length INTEGER NOT NULL CHECK (context_length > 0)
) STRICT;

CREATE TABLE contexts (
  id INTEGER PRIMARY KEY,
  store INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 0),
  tokens BLOB NOT NULL,
  documents BLOB NOT NULL,
  UNIQUE (store, number)
) STRICT;

CREATE VIRTUAL TABLE contexts_fts USING fts5 (
  text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
`;

const sources = `
CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  model INTEGER NOT NULL REFERENCES models (id),
  store INTEGER NOT NULL REFERENCES stores (id),
  hook_point TEXT NOT NULL,
  layer INTEGER,
  dictionary_hash TEXT,
  features INTEGER NOT NULL CHECK (features > 0),
  tokens INTEGER NOT NULL CHECK (tokens >= 0),
  dead INTEGER NOT NULL,
  complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
  provenance TEXT NOT NULL
) STRICT;

CREATE TABLE builds (
  source INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
  key TEXT NOT NULL UNIQUE,
  chunks INTEGER NOT NULL,
  chunks_done INTEGER NOT NULL,
  contexts_done INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT
) STRICT;
`;

const features = `
CREATE TABLE features (
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  idx INTEGER NOT NULL CHECK (idx >= 0),
  firings INTEGER NOT NULL CHECK (firings >= 0),
  density REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL NOT NULL,
  labelled INTEGER NOT NULL DEFAULT 0 CHECK (labelled IN (0, 1)),
  label TEXT,
  label_id INTEGER,
  label_kind TEXT,
  confidence INTEGER,
  PRIMARY KEY (source, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX features_by_density ON features (source, density, idx, max, mean, labelled);
CREATE INDEX features_by_max ON features (source, max, idx, density, mean, labelled);
CREATE INDEX features_by_mean ON features (source, mean, idx, density, max, labelled);
CREATE INDEX features_by_label ON features (source, labelled, label COLLATE NOCASE, idx, density, max, mean);

CREATE TABLE feature_details (
  source INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  low REAL NOT NULL,
  high REAL NOT NULL,
  histogram BLOB NOT NULL,
  bins BLOB NOT NULL,
  logits BLOB NOT NULL,
  neighbours BLOB NOT NULL,
  PRIMARY KEY (source, idx),
  FOREIGN KEY (source, idx) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE examples (
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  grp INTEGER NOT NULL CHECK (grp >= 0),
  rank INTEGER NOT NULL CHECK (rank >= 0),
  context INTEGER NOT NULL REFERENCES contexts (id),
  start INTEGER NOT NULL CHECK (start >= 0),
  peak INTEGER NOT NULL CHECK (peak >= start),
  value REAL NOT NULL,
  maximum REAL NOT NULL,
  activations BLOB NOT NULL,
  PRIMARY KEY (source, feature, grp, rank),
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX examples_by_context ON examples (context, source, feature);
`;

const labels = `
CREATE TABLE labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  text TEXT NOT NULL CHECK (length(text) <= 2000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  kind TEXT NOT NULL CHECK (kind IN ('manual', 'rule', 'model')),
  confidence INTEGER CHECK (confidence BETWEEN 1 AND 5),
  notes TEXT NOT NULL CHECK (length(notes) <= 20000),
  created_at TEXT NOT NULL,
  undone_at TEXT,
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT;
CREATE INDEX labels_by_feature ON labels (source, feature, id);

CREATE VIRTUAL TABLE labels_fts USING fts5 (
  text, notes, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
`;

export const initial: Migration = {
  version: 1,
  what: 'models, contexts, sources, features, examples, labels',
  up: (db) => [who, sources, features, labels].forEach((sql) => db.exec(sql)),
};
