/**
 * What flows from a camera: one frame of picture, or one packet of sound, with the time that the camera gave it and the time at
 * which it arrived. Recording, live views and restreams are all fed from these.
 */
export const VIDEO_CODECS = ['h264', 'h265', 'mjpeg'] as const;
export type VideoCodec = (typeof VIDEO_CODECS)[number];
/** `l16` is linear PCM of 16 bits, big-endian as in RFC 3551; G.726 becomes it, because MP4 has no form for G.726. */
export const AUDIO_CODECS = ['aac', 'pcmu', 'pcma', 'l16', 'opus'] as const;
export type AudioCodec = (typeof AUDIO_CODECS)[number];

export interface VideoFormat {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** RFC 6381, as a browser wants it: `avc1.42C01E`, `hvc1.1.6.L93.B0`, `mp4v.6C` (which none plays). */
  readonly codecString: string;
  /** Picture after cropping, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Ticks per second of `AccessUnit.rtpTime`: 90,000 for every video codec. */
  readonly clockRate: number;
  /** NAL units without start code or length. `vps` is empty for H.264, all three are for MJPEG. */
  readonly vps: readonly Buffer[];
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
  /** Pictures that may precede another in decoding order and follow it in output order (0 without B-frames); 0 when unknown. */
  readonly reorderDepth: number;
}

export interface AudioFormat {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly codecString: string; // `mp4a.40.2`, `ulaw`, `alaw`, `twos`, `opus`
  /** Ticks per second of `AccessUnit.rtpTime`. Samples per second, too, but for AAC whose RTP clock runs at a rate of its own. */
  readonly clockRate: number;
  readonly channels: number;
  /** AudioSpecificConfig for AAC, empty for the others. */
  readonly config: Buffer;
  /** What the camera sent where that is something else, as it names it: `G726-32`. */
  readonly source?: string;
}

export type StreamFormat = VideoFormat | AudioFormat;

export interface AccessUnit {
  readonly kind: 'video' | 'audio';
  /**
   * Video: NAL units, each behind a 4-byte big-endian length. Parameter sets stay where the camera put them; a key frame
   * whose camera sends none in-band gets the current ones in front. MJPEG: one whole JPEG file. Audio: one raw AAC frame, one
   * Opus packet, or the samples of one packet, channel after channel.
   */
  readonly data: Buffer;
  /** Decoding may start here: IDR (H.264), IRAP (H.265). True for every unit of MJPEG and of sound. */
  readonly isKey: boolean;
  /** The camera sends no key frames: of what begins here, the first seconds are damaged. `isKey` is true for want of something better. */
  readonly isGradual?: boolean;
  /**
   * RTP timestamp in ticks of the format's clock rate, unwrapped: may exceed 2^32, starts anywhere. It is the *presentation* time;
   * with B-frames it is not monotonic.
   */
  readonly rtpTime: number;
  /** `Clock.monotonicMs()` when the unit's last packet was read. */
  readonly arrivalMonotonicMs: number;
  /** Something was lost before this unit, so that what depends on earlier pictures is damaged. */
  readonly isAfterLoss: boolean;
  /**
   * The memory that `data` is a view of, where it may be used again. Whoever holds `data` beyond the recorder's tail calls `keep`;
   * only the tail releases.
   */
  readonly slab?: { release(): void; keep(): void };
}

/** True when a segment with the one format cannot go on with the other. */
export function isSameFormat(a: StreamFormat | undefined, b: StreamFormat | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'video' && b.kind === 'video') {
    return (
      a.codec === b.codec &&
      a.width === b.width &&
      a.height === b.height &&
      isSameList(a.vps, b.vps) &&
      isSameList(a.sps, b.sps) &&
      isSameList(a.pps, b.pps)
    );
  }
  if (a.kind === 'audio' && b.kind === 'audio') {
    return a.codec === b.codec && a.clockRate === b.clockRate && a.channels === b.channels && a.config.equals(b.config);
  }
  return false;
}

function isSameList(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((bytes, i) => bytes.equals(b[i]!));
}
