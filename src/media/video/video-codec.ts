import type { VideoFormat } from '../access-unit.ts';

/** RTP ticks per second of every video codec (RFC 6184 §5.1, RFC 7798 §4.1). */
export const VIDEO_CLOCK_RATE = 90_000;

/** What a NAL unit means for the access unit around it. */
export type NalRole =
  | 'slice'
  /** Slice of a picture at which decoding may start. */
  | 'key-slice'
  | 'vps'
  | 'sps'
  | 'pps'
  | 'delimiter'
  /** Supplemental information that belongs to the picture after it. */
  | 'prefix-sei'
  | 'other';

export type ParameterSetKind = 'vps' | 'sps' | 'pps';

export interface ParameterSetLists {
  readonly vps: readonly Buffer[];
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
}

/** What differs between H.264 and H.265 above the RTP payload formats. */
export interface VideoCodecRules {
  readonly codec: 'h264' | 'h265';
  /** Without one of each of these nothing can be decoded. */
  readonly requiredSets: readonly ParameterSetKind[];
  readonly headerBytes: number;
  /** `header` is the first byte of the NAL unit. */
  roleOf(header: number): NalRole;
  /** Whether a slice is the first of its picture; `byte` is the one directly after the NAL header. */
  isFirstSlice(byte: number): boolean;
  /** The id under which the set is referred to. Throws AppError `corrupt`. */
  idOf(kind: ParameterSetKind, nal: Buffer): number;
  /** Throws AppError `corrupt` when the picture size cannot be read. */
  formatOf(sets: ParameterSetLists): VideoFormat;
  /** The same out of an SPS that cannot be read: size 0, and what stands at its very beginning. Undefined when even that is missing. */
  roughFormatOf(sets: ParameterSetLists): VideoFormat | undefined;
  /** Whether a slice, not of a key frame, refers to no other picture; false when that is not known. */
  isIntraSlice(nal: Buffer): boolean;
  /** What a prefix SEI says of the recovery point at its picture, if it does. */
  recoveryFrames(nal: Buffer): number | undefined;
  /**
   * Whether the NAL unit belongs to a picture that is shown before the key frame that it follows and refers to pictures before that: it cannot
   * be decoded by who starts at that key frame. Only H.265 says so.
   */
  isSkippedLeading(header: number): boolean;
}
