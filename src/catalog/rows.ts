import type { GapCause } from '../archive/entries.ts';

/** One segment, however many drives hold a copy of it; where it is read from is the copy on a drive that is there. */
export interface CatalogSegment {
  readonly unit: string;
  readonly channelId: string;
  readonly boot: number;
  readonly seq: number;
  readonly driveId: string;
  /** Folder of the drive that holds `holdfast/`; null while no drive with a copy is there. */
  readonly root: string | null;
  /** Relative to the drive's root: `holdfast/footage/…`. */
  readonly path: string;
  readonly startUtcMs: number;
  /** Null while it is being written (or, after a crash, until the recorder has repaired it). */
  readonly endUtcMs: number | null;
  /** 0 while it is being written, as the fields that follow are empty or 0 until then. */
  readonly sizeBytes: number;
  readonly videoFrames: number;
  readonly videoCodec: string;
  readonly width: number;
  readonly height: number;
  readonly audioCodec: string | null;
  readonly hash: string;
  readonly isRepaired: boolean;
}

export interface CatalogGap {
  readonly id: string;
  readonly unit: string;
  readonly channelId: string;
  readonly fromUtcMs: number;
  readonly toUtcMs: number | null;
  readonly cause: GapCause;
  readonly detail: string;
}

export interface DriveFigures {
  readonly driveId: string;
  readonly footageBytes: number;
  readonly segmentCount: number;
  readonly oldestUtcMs: number | null;
  readonly newestUtcMs: number | null;
}

type Row = Record<string, string | number | null>;

/** Rows are ours, written from checked entries: here they only get their types back. */
export function segmentOf(row: Row): CatalogSegment {
  return {
    unit: String(row.unit),
    channelId: String(row.channel_id),
    boot: Number(row.boot),
    seq: Number(row.seq),
    driveId: String(row.drive_id),
    root: textOrNull(row.root),
    path: String(row.path),
    startUtcMs: Number(row.start_ms),
    endUtcMs: numberOrNull(row.end_ms),
    sizeBytes: Number(row.size_bytes),
    videoFrames: Number(row.video_frames),
    videoCodec: String(row.video_codec),
    width: Number(row.width),
    height: Number(row.height),
    audioCodec: textOrNull(row.audio_codec),
    hash: String(row.hash),
    isRepaired: row.is_repaired === 1,
  };
}

export function gapOf(row: Row): CatalogGap {
  return {
    id: String(row.id),
    unit: String(row.unit),
    channelId: String(row.channel_id),
    fromUtcMs: Number(row.from_ms),
    toUtcMs: numberOrNull(row.to_ms),
    cause: row.cause as GapCause,
    detail: String(row.detail),
  };
}

function textOrNull(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOrNull(value: string | number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
