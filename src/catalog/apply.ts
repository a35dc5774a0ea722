import type {
  ArchiveEntry,
  GapEntry,
  SegmentClosedEntry,
  SegmentDeletedEntry,
  SegmentOpenedEntry,
} from '../archive/entries.ts';
import type { SqlValue, Writer } from './database.ts';

/** An entry and the drive in whose journal it stands; undefined for the ledger on the state partition. */
export interface SourcedEntry {
  readonly driveId: string | undefined;
  readonly entry: ArchiveEntry;
}

/** SQLite takes a few thousand values in one statement; this many rows stay far below and leave little to gain. */
const ROWS_PER_STATEMENT = 500;

const SEGMENT_COLUMNS = 16;
const GAP_COLUMNS = 7;

type SegmentEntry = SegmentOpenedEntry | SegmentClosedEntry | SegmentDeletedEntry;

/**
 * Applies entries in their order. Each may have been applied before: what is said twice changes nothing, an opened segment never
 * undoes a closed one, and a gap that has ended does not begin to last again.
 */
export async function applyEntries(writer: Writer, entries: readonly SourcedEntry[]): Promise<void> {
  await applySegments(writer, entries);
  await applyGaps(writer, entries);
}

/** Of several entries about one copy of a segment the last one counts, so that each copy is written once. */
async function applySegments(writer: Writer, entries: readonly SourcedEntry[]): Promise<void> {
  const last = new Map<string, { driveId: string; entry: SegmentEntry }>();
  for (const { driveId, entry } of entries) {
    if (driveId === undefined || !isSegmentEntry(entry)) continue;
    const key = `${entry.unit}-${entry.boot}-${entry.seq}-${driveId}`;
    const before = last.get(key)?.entry;
    if (entry.kind === 'segment-opened' && before?.kind === 'segment-closed') continue;
    last.set(key, { driveId, entry });
  }
  const closed: SqlValue[][] = [];
  const opened: SqlValue[][] = [];
  for (const { driveId, entry } of last.values()) {
    if (entry.kind === 'segment-closed') closed.push(closedRow(driveId, entry));
    else if (entry.kind === 'segment-opened') opened.push(openedRow(driveId, entry));
    else {
      await writer.run('DELETE FROM segments WHERE unit = ? AND boot = ? AND seq = ? AND drive_id = ?', [
        entry.unit,
        entry.boot,
        entry.seq,
        driveId,
      ]);
    }
  }
  await insert(writer, 'INSERT OR REPLACE INTO segments', SEGMENT_COLUMNS, closed);
  await insert(writer, 'INSERT OR IGNORE INTO segments', SEGMENT_COLUMNS, opened);
}

async function applyGaps(writer: Writer, entries: readonly SourcedEntry[]): Promise<void> {
  const last = new Map<string, GapEntry>();
  for (const { entry } of entries) {
    if (entry.kind !== 'gap') continue;
    if (entry.toUtcMs === null && last.get(entry.id)?.toUtcMs != null) continue;
    last.set(entry.id, entry);
  }
  const rows = [...last.values()].map((gap) => [
    gap.id,
    gap.unit,
    gap.channelId,
    gap.fromUtcMs,
    gap.toUtcMs,
    gap.cause,
    gap.detail,
  ]);
  await insert(
    writer,
    'INSERT INTO gaps',
    GAP_COLUMNS,
    rows,
    `ON CONFLICT (id) DO UPDATE SET from_ms = excluded.from_ms, to_ms = excluded.to_ms, cause = excluded.cause,
     detail = excluded.detail WHERE excluded.to_ms IS NOT NULL OR gaps.to_ms IS NULL`,
  );
}

/** Full blocks share one prepared statement; what is left over goes row by row. */
async function insert(writer: Writer, head: string, columns: number, rows: SqlValue[][], tail = ''): Promise<void> {
  const one = `(${Array(columns).fill('?').join(',')})`;
  const statement = (count: number) => `${head} VALUES ${Array(count).fill(one).join(',')} ${tail}`;
  let index = 0;
  for (; index + ROWS_PER_STATEMENT <= rows.length; index += ROWS_PER_STATEMENT) {
    await writer.run(statement(ROWS_PER_STATEMENT), rows.slice(index, index + ROWS_PER_STATEMENT).flat());
  }
  for (const row of rows.slice(index)) await writer.run(statement(1), row);
}

function isSegmentEntry(entry: ArchiveEntry): entry is SegmentEntry {
  return entry.kind === 'segment-opened' || entry.kind === 'segment-closed' || entry.kind === 'segment-deleted';
}

function openedRow(driveId: string, entry: SegmentOpenedEntry): SqlValue[] {
  const { unit, boot, seq, channelId, path, startUtcMs } = entry;
  return [unit, boot, seq, driveId, channelId, path, startUtcMs, null, 0, 0, '', 0, 0, null, '', 0];
}

function closedRow(driveId: string, entry: SegmentClosedEntry): SqlValue[] {
  const { unit, boot, seq, channelId, path, startUtcMs, endUtcMs, sizeBytes, videoFrames, videoCodec } = entry;
  const { width, height, audioCodec, hash, isRepaired } = entry;
  return [
    ...[unit, boot, seq, driveId, channelId, path, startUtcMs, endUtcMs, sizeBytes, videoFrames, videoCodec],
    ...[width, height, audioCodec, hash, isRepaired ? 1 : 0],
  ];
}
