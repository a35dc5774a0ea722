/** Grows with every change of the tables; a catalog of another version is built anew instead of being changed. */
export const CATALOG_VERSION = 1;

/**
 * A row of `segments` is one copy of a segment on one drive. `drives.root` is null while the drive is away: its segments stay.
 * `sources.n` is how far a drive's journal (or the ledger, source '') has been read.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS segments (
  unit TEXT NOT NULL,
  boot INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  drive_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  path TEXT NOT NULL,
  start_ms REAL NOT NULL,
  end_ms REAL,
  size_bytes INTEGER NOT NULL,
  video_frames INTEGER NOT NULL,
  video_codec TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  audio_codec TEXT,
  hash TEXT NOT NULL,
  is_repaired INTEGER NOT NULL,
  PRIMARY KEY (unit, boot, seq, drive_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS segments_by_time ON segments (channel_id, start_ms);
CREATE INDEX IF NOT EXISTS segments_by_drive ON segments (drive_id, start_ms, end_ms, size_bytes);
CREATE TABLE IF NOT EXISTS gaps (
  id TEXT PRIMARY KEY,
  unit TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  from_ms REAL NOT NULL,
  to_ms REAL,
  cause TEXT NOT NULL,
  detail TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS gaps_by_time ON gaps (channel_id, from_ms);
CREATE TABLE IF NOT EXISTS drives (drive_id TEXT PRIMARY KEY, root TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources (source TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('version', '${CATALOG_VERSION}');
`;
