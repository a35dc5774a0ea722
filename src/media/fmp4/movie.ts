import type { AudioFormat, VideoFormat } from '../access-unit.ts';
import { audioSampleEntry, type FlacFormat } from './audio-sample-entry.ts';
import { box, fullBox, text, u16, u32, u64 } from './box.ts';
import { AUDIO_TRACK_ID, VIDEO_TRACK_ID } from './fragment-layout.ts';
import { HANDLERS, sampleDescription } from './sample-entry.ts';
import { videoSampleEntry } from './video-sample-entry.ts';

/** What both `moov` boxes of a segment share: everything but the sample tables. */

/** Ticks per second of `mvhd`, `tkhd` and edit lists: a multiple of what video needs, so that nothing is rounded there. */
export const MOVIE_TIMESCALE = 90_000;

export interface MovieFormats {
  readonly video?: VideoFormat | undefined;
  readonly audio?: AudioFormat | FlacFormat | undefined;
}

/** Seconds from 1904, from which MP4 counts, to 1970. */
const MAC_EPOCH_OFFSET_S = 2_082_844_800;

export function movieHeader(createdUtcMs: number, durationTicks: number): Buffer {
  const created = macTime(createdUtcMs);
  return fullBox(
    'mvhd',
    1,
    0,
    u64(created, created),
    u32(MOVIE_TIMESCALE),
    u64(durationTicks),
    u32(0x00010000), // normal speed
    u16(0x0100, 0), // full volume
    u32(0, 0),
    UNITY_MATRIX,
    Buffer.alloc(24),
    u32(AUDIO_TRACK_ID + 1), // next track
  );
}

export interface TrackShape {
  readonly createdUtcMs: number;
  /** In ticks of the movie, edits included; 0 while it grows. */
  readonly movieDuration: number;
  /** In ticks of the track. */
  readonly mediaDuration: number;
  /** `edts`, or nothing. */
  readonly edits?: Buffer | undefined;
  /** Entries of `stsd` where there are several; else there is one, of the track's format. */
  readonly entries?: readonly Buffer[] | undefined;
  /** What follows `stsd` in `stbl`. */
  readonly sampleTables: readonly Buffer[];
}

export function videoTrack(format: VideoFormat, shape: TrackShape): Buffer {
  return track(
    VIDEO_TRACK_ID,
    format.clockRate,
    HANDLERS.video,
    sampleDescription(...(shape.entries ?? [videoSampleEntry(format)])),
    u32(format.width * 65_536, format.height * 65_536),
    0,
    shape,
  );
}

export function audioTrack(format: AudioFormat | FlacFormat, shape: TrackShape): Buffer {
  const fullVolume = 0x0100;
  return track(
    AUDIO_TRACK_ID,
    format.clockRate,
    HANDLERS.audio,
    sampleDescription(...(shape.entries ?? [audioSampleEntry(format)])),
    u32(0, 0),
    fullVolume,
    shape,
  );
}

function track(
  trackId: number,
  timescale: number,
  handler: { type: Buffer; name: Buffer; header: Buffer },
  description: Buffer,
  dimensions: Buffer,
  volume: number,
  shape: TrackShape,
): Buffer {
  const created = macTime(shape.createdUtcMs);
  const enabledInMovieAndPreview = 7;
  return box(
    'trak',
    fullBox(
      'tkhd',
      1,
      enabledInMovieAndPreview,
      u64(created, created),
      u32(trackId, 0),
      u64(shape.movieDuration),
      u32(0, 0),
      u16(0, 0, volume, 0), // layer, group
      UNITY_MATRIX,
      dimensions,
    ),
    ...(shape.edits === undefined ? [] : [shape.edits]),
    box(
      'mdia',
      fullBox('mdhd', 1, 0, u64(created, created), u32(timescale), u64(shape.mediaDuration), u16(UNDETERMINED, 0)),
      fullBox('hdlr', 0, 0, u32(0), handler.type, u32(0, 0, 0), handler.name),
      box(
        'minf',
        handler.header,
        box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))), // the media is in this file
        box('stbl', description, ...shape.sampleTables),
      ),
    ),
  );
}

/** Language `und`, three letters of five bits. */
const UNDETERMINED = 0x55c4;

const UNITY_MATRIX = u32(0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000);

function macTime(utcMs: number): number {
  return Math.max(0, Math.floor(utcMs / 1000) + MAC_EPOCH_OFFSET_S);
}

/**
 * `iso6` for default-base-is-moof and signed composition offsets. No brand of our own: the `uuid` boxes say what is ours, and some
 * players refuse a file for a brand that they do not know.
 */
export const FILE_TYPE = box('ftyp', text('iso6'), u32(1), text('iso6'), text('isom'), text('mp41'));
