import { HOUR_MS } from '../base/units.ts';
import { applyEntries, type SourcedEntry } from './apply.ts';
import { type Database, openDatabase } from './database.ts';
import { type CatalogGap, type CatalogSegment, type DriveFigures, gapOf, segmentOf } from './rows.ts';
import { SCHEMA } from './schema.ts';

/**
 * No segment is longer: the longest setting is an hour, and a segment without a key frame is cut at three times that. It bounds
 * how far before a span a query has to look.
 */
const MAX_SEGMENT_MS = 3 * HOUR_MS + 60_000;

/** Rows that one query returns at most: a year of one channel in segments of 5 minutes. */
const MAX_ROWS = 110_000;

const SEGMENT_FIELDS = 's.*, d.root AS root';
const FROM_SEGMENTS = 'FROM segments s LEFT JOIN drives d ON d.drive_id = s.drive_id';
/** Copies of a segment: first one that is there, then one that is closed. */
const BEST_COPY_FIRST = '(d.root IS NULL), (s.end_ms IS NULL), s.drive_id';

/** A drive that is there, and the folder that holds its `holdfast/`. */
export interface MountedDrive {
  readonly driveId: string;
  readonly root: string;
}

/** The index of all footage and gaps. A cache: whatever it holds can be read again from the drives and the ledger. */
export class Catalog {
  readonly #path: string;
  #database: Database | undefined;

  constructor(options: { path: string }) {
    this.#path = options.path;
  }

  async start(): Promise<void> {
    this.#database = await openDatabase(this.#path, SCHEMA);
    await this.setDrives([]);
  }

  async stop(): Promise<void> {
    await this.#database?.close();
    this.#database = undefined;
  }

  /** Segments of the channel that overlap the span, ascending by start; each once, from a drive that is there if one has it. */
  async segmentsOf(channelId: string, fromUtcMs: number, toUtcMs: number): Promise<CatalogSegment[]> {
    const rows = await this.#db.all(
      `SELECT ${SEGMENT_FIELDS} ${FROM_SEGMENTS}
       WHERE s.channel_id = ? AND s.start_ms < ? AND s.start_ms > ? AND (s.end_ms > ? OR s.end_ms IS NULL)
       ORDER BY s.start_ms, s.unit, s.boot, s.seq, ${BEST_COPY_FIRST} LIMIT ${MAX_ROWS}`,
      [channelId, toUtcMs, fromUtcMs - MAX_SEGMENT_MS, fromUtcMs],
    );
    return eachOnce(rows.map(segmentOf));
  }

  /** By its address, or undefined. */
  async segment(unit: string, boot: number, seq: number): Promise<CatalogSegment | undefined> {
    const rows = await this.#db.all(
      `SELECT ${SEGMENT_FIELDS} ${FROM_SEGMENTS}
       WHERE s.unit = ? AND s.boot = ? AND s.seq = ? ORDER BY ${BEST_COPY_FIRST} LIMIT 1`,
      [unit, boot, seq],
    );
    return rows[0] && segmentOf(rows[0]);
  }

  /** The nearest closed footage that begins before, and at or after, a time; for messages and for playback that goes on. */
  async nearestSegments(
    channelId: string,
    atUtcMs: number,
  ): Promise<{ before?: CatalogSegment; after?: CatalogSegment }> {
    const select = `SELECT ${SEGMENT_FIELDS} ${FROM_SEGMENTS} WHERE s.channel_id = ? AND s.end_ms IS NOT NULL`;
    const [before, after] = await Promise.all([
      this.#db.all(`${select} AND s.start_ms < ? ORDER BY s.start_ms DESC, ${BEST_COPY_FIRST} LIMIT 1`, [
        channelId,
        atUtcMs,
      ]),
      this.#db.all(`${select} AND s.start_ms >= ? ORDER BY s.start_ms, ${BEST_COPY_FIRST} LIMIT 1`, [
        channelId,
        atUtcMs,
      ]),
    ]);
    return {
      ...(before[0] ? { before: segmentOf(before[0]) } : {}),
      ...(after[0] ? { after: segmentOf(after[0]) } : {}),
    };
  }

  /**
   * Gaps that overlap the span, ascending; of every channel without `channelId`. Those that last have `toUtcMs` null; what was open for a while
   * and ended where it began was none, because the memory had everything.
   */
  async gapsOf(span: { channelId?: string; fromUtcMs: number; toUtcMs: number }): Promise<CatalogGap[]> {
    const ofChannel = span.channelId === undefined ? '' : 'AND channel_id = ?';
    const rows = await this.#db.all(
      `SELECT * FROM gaps WHERE from_ms < ? AND (to_ms > MAX(?, from_ms) OR to_ms IS NULL) ${ofChannel}
       ORDER BY from_ms, id LIMIT ${MAX_ROWS}`,
      [span.toUtcMs, span.fromUtcMs, ...(span.channelId === undefined ? [] : [span.channelId])],
    );
    return rows.map(gapOf);
  }

  /** Per channel, the end of its newest closed segment. */
  async lastFootage(channelIds: readonly string[]): Promise<Map<string, number>> {
    const last = new Map<string, number>();
    for (const channelId of channelIds) {
      const rows = await this.#db.all(
        'SELECT end_ms FROM segments WHERE channel_id = ? AND end_ms IS NOT NULL ORDER BY start_ms DESC LIMIT 1',
        [channelId],
      );
      if (rows[0]) last.set(channelId, Number(rows[0].end_ms));
    }
    return last;
  }

  async driveFigures(): Promise<DriveFigures[]> {
    const rows = await this.#db.all(
      `SELECT drive_id, SUM(size_bytes) AS bytes, COUNT(*) AS count, MIN(start_ms) AS oldest, MAX(end_ms) AS newest
       FROM segments GROUP BY drive_id`,
    );
    return rows.map((row) => ({
      driveId: String(row.drive_id),
      footageBytes: Number(row.bytes),
      segmentCount: Number(row.count),
      oldestUtcMs: row.oldest === null ? null : Number(row.oldest),
      newestUtcMs: row.newest === null ? null : Number(row.newest),
    }));
  }

  /** Closed segments on drives that are there which ended before a time, oldest first. */
  async endedBefore(utcMs: number, limit: number): Promise<CatalogSegment[]> {
    const rows = await this.#db.all(
      `SELECT ${SEGMENT_FIELDS} ${FROM_SEGMENTS}
       WHERE d.root IS NOT NULL AND s.end_ms < ? ORDER BY s.end_ms LIMIT ?`,
      [utcMs, limit],
    );
    return rows.map(segmentOf);
  }

  /** Which drives are there, and where; all others are away, and their segments wait. */
  async setDrives(drives: readonly MountedDrive[]): Promise<void> {
    await this.#db.transaction(async (writer) => {
      await writer.run('UPDATE drives SET root = NULL');
      for (const { driveId, root } of drives) {
        await writer.run('INSERT OR REPLACE INTO drives VALUES (?, ?)', [driveId, root]);
      }
    });
  }

  /** All or nothing. With `mark` the source has been read up to that number, from which the next catch-up goes on. */
  async apply(entries: readonly SourcedEntry[], mark?: { source: string; n: number }): Promise<void> {
    await this.#db.transaction(async (writer) => {
      await applyEntries(writer, entries);
      if (mark) await writer.run('INSERT OR REPLACE INTO sources VALUES (?, ?)', [mark.source, mark.n]);
    });
  }

  /** How far the journal of a drive (or the ledger) has been read; undefined when never. */
  async markOf(source: string): Promise<number | undefined> {
    const rows = await this.#db.all('SELECT n FROM sources WHERE source = ?', [source]);
    return rows[0] && Number(rows[0].n);
  }

  /** Forgets what a drive holds, so that a walk over the whole of it can say it anew. */
  async forgetDrive(driveId: string): Promise<void> {
    await this.#db.transaction(async (writer) => {
      await writer.run('DELETE FROM segments WHERE drive_id = ?', [driveId]);
      await writer.run('DELETE FROM sources WHERE source = ?', [driveId]);
    });
  }

  async version(): Promise<number> {
    return Number((await this.#db.all("SELECT value FROM meta WHERE name = 'version'"))[0]?.value);
  }

  /** Everything but what the drives are. */
  async clear(): Promise<void> {
    await this.#db.transaction(async (writer) => {
      for (const table of ['segments', 'gaps', 'sources']) await writer.run(`DELETE FROM ${table}`);
    });
  }

  get #db(): Database {
    if (!this.#database) throw new Error('the catalog is not started');
    return this.#database;
  }
}

/** Copies of one segment follow each other, the best one first. */
function eachOnce(segments: CatalogSegment[]): CatalogSegment[] {
  const seen = new Set<string>();
  return segments.filter((segment) => {
    const key = `${segment.unit}-${segment.boot}-${segment.seq}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
