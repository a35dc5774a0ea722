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
