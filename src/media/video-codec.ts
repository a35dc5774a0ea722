import type { VideoCodec, VideoFormat } from './access-unit.ts';

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
  readonly codec: VideoCodec;
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
}
