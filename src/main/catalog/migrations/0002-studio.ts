/**
 * What the studio keeps beside the first schema: more to sort and filter by, scores of labels, lists, comments, reviews, saved views,
 * directions of text, maps, and whole columns for a fast opening.
 *
 * The table of features is sorted and filtered in memory out of whole columns. So the first schema's covering indexes, of which every label
 * changed each, go; the one by label holds only features that have one.
 *
 * A merge remembers each row that it added or changed (`merged_rows`), so that it can be taken back as one step.
 *
 * Every row that people make has a `uid`, so that the same row from a teammate's file is known again. docs/file-formats.md describes
 * each table and each blob.
 */
import type { Migration } from './types.ts';

const features = `
ALTER TABLE features ADD COLUMN token_class TEXT;
ALTER TABLE features ADD COLUMN family TEXT;
ALTER TABLE features ADD COLUMN score REAL;
ALTER TABLE features ADD COLUMN notes INTEGER NOT NULL DEFAULT 0 CHECK (notes IN (0, 1));
ALTER TABLE features ADD COLUMN min REAL NOT NULL DEFAULT 0;
ALTER TABLE features ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX features_by_change ON features (source, changed) WHERE changed > 0;
DROP INDEX features_by_density;
DROP INDEX features_by_max;
DROP INDEX features_by_mean;
DROP INDEX features_by_label;
CREATE INDEX features_by_label ON features (source, label COLLATE NOCASE, idx) WHERE labelled = 1;

CREATE TABLE feature_extras (
  source INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  logit_low REAL NOT NULL,
  logit_high REAL NOT NULL,
  logit_histogram BLOB NOT NULL,
  weight_low REAL NOT NULL,
  weight_high REAL NOT NULL,
  weight_norm REAL NOT NULL,
  weight_l1 REAL NOT NULL,
  weight_histogram BLOB NOT NULL,
  heads BLOB NOT NULL,
  aligned BLOB NOT NULL,
  neurons BLOB NOT NULL,
  correlated BLOB NOT NULL,
  cooccurring BLOB NOT NULL,
  negative_low REAL NOT NULL,
  negative_high REAL NOT NULL,
  negative_histogram BLOB NOT NULL,
  negative_bins BLOB NOT NULL,
  PRIMARY KEY (source, idx),
  FOREIGN KEY (source, idx) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE source_columns (
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
`;

const labels = `
ALTER TABLE labels ADD COLUMN family TEXT NOT NULL DEFAULT '' CHECK (length(family) <= 100);
ALTER TABLE labels ADD COLUMN resolution INTEGER NOT NULL DEFAULT 0 CHECK (resolution IN (0, 1));

CREATE TABLE scores (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  label INTEGER NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
  scorer TEXT NOT NULL CHECK (length(scorer) <= 100),
  value REAL NOT NULL,
  low REAL,
  high REAL,
  n INTEGER NOT NULL CHECK (n >= 0),
  negatives TEXT NOT NULL CHECK (length(negatives) <= 100),
  judge TEXT NOT NULL CHECK (length(judge) <= 200),
  prompt_hash TEXT NOT NULL CHECK (length(prompt_hash) <= 100),
  created_at TEXT NOT NULL,
  details TEXT NOT NULL CHECK (length(details) <= 100000)
) STRICT;
CREATE INDEX scores_by_label ON scores (label, id);

CREATE TABLE reviews (
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  author TEXT NOT NULL CHECK (length(author) <= 200),
  state TEXT NOT NULL CHECK (state IN ('skipped', 'unsure')),
  created_at TEXT NOT NULL,
  PRIMARY KEY (source, feature, author),
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`;

const together = `
CREATE TABLE lists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  notes TEXT NOT NULL CHECK (length(notes) <= 20000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  created_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;

CREATE TABLE list_items (
  list INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  place REAL NOT NULL,
  note TEXT NOT NULL CHECK (length(note) <= 20000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  created_at TEXT NOT NULL,
  PRIMARY KEY (list, source, feature),
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX list_items_by_feature ON list_items (source, feature, list);

CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 20000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  created_at TEXT NOT NULL,
  deleted_at TEXT,
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT;
CREATE INDEX comments_by_feature ON comments (source, feature, id);

CREATE TABLE views (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  query TEXT NOT NULL CHECK (length(query) <= 20000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  created_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;
`;

const merging = `
CREATE TABLE merges (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  catalog TEXT NOT NULL CHECK (length(catalog) <= 200),
  name TEXT NOT NULL CHECK (length(name) <= 1000),
  author TEXT NOT NULL CHECK (length(author) <= 200),
  created_at TEXT NOT NULL,
  undone_at TEXT,
  summary TEXT NOT NULL CHECK (length(summary) <= 20000)
) STRICT;

CREATE TABLE merged_rows (
  merge INTEGER NOT NULL REFERENCES merges (id) ON DELETE CASCADE,
  what TEXT NOT NULL CHECK (length(what) <= 40),
  key TEXT NOT NULL CHECK (length(key) <= 1000),
  before TEXT CHECK (length(before) <= 100000),
  PRIMARY KEY (merge, what, key)
) STRICT, WITHOUT ROWID;
`;

const meaning = `
CREATE TABLE encoders (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) <= 1000),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) <= 200),
  dim INTEGER NOT NULL CHECK (dim BETWEEN 1 AND 65536),
  revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;

CREATE TABLE embeddings (
  encoder INTEGER NOT NULL REFERENCES encoders (id) ON DELETE CASCADE,
  source INTEGER NOT NULL,
  feature INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('label', 'examples', 'none')),
  text TEXT NOT NULL CHECK (length(text) <= 2000),
  vector BLOB NOT NULL,
  PRIMARY KEY (encoder, source, feature),
  FOREIGN KEY (source, feature) REFERENCES features (source, idx) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE maps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (length(kind) <= 100),
  options TEXT NOT NULL CHECK (length(options) <= 20000),
  points BLOB NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (source, kind)
) STRICT;
`;

export const studio: Migration = {
  version: 2,
  what: 'feature extras, scores, reviews, lists, comments, views, merges, embeddings, maps, whole columns',
  up: (db) => [features, labels, together, merging, meaning].forEach((sql) => db.exec(sql)),
};
