import type { GapCause } from '../../archive/entries.ts';
import type { AccessUnit, AudioFormat, VideoFormat } from '../../media/access-unit.ts';

/**
 * What one segment may hold: units of one session with the camera, with the same formats, without a step of the wall clock. A new
 * object (compared by identity) begins with a key frame and makes a new segment.
 */
export interface Stretch {
  readonly video: VideoFormat;
  readonly audio: AudioFormat | undefined;
}

/** Why something may be missing in front of a unit: for the ledger, when it is long enough. */
export interface Hole {
  readonly cause: GapCause;
  /** In plain words, with the numbers. */
  readonly detail: string;
}

/** An access unit with its place in time settled: what the tail, the cutter and the live views work with. */
export interface TimedUnit {
  readonly unit: AccessUnit;
  readonly stretch: Stretch;
  /** Presentation time in ticks of the track's clock: they follow wall time, without the camera's jumps and drift. */
  readonly ticks: number;
  /** Decoding time in the same ticks; equal to `ticks` for sound and without B-frames. */
  readonly dtsTicks: number;
  /** Wall time of presentation. */
  readonly wallUtcMs: number;
  /** Counts all units of the channel, picture and sound, from 1. */
  readonly serial: number;
  readonly hole: Hole | undefined;
}
