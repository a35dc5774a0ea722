import { AppError } from '../../src/base/errors.ts';
import type { Track } from './mp4/reader.ts';
import type { AudioTrackFormat, FileSound } from './mp4/track-format.ts';

/** How sound travels. Several are another wrapping of the same that is in the file. */
export const SOUND_CODECS = [
  'aac',
  /** Each frame with the header of a file of AAC, which does not belong there (go2rtc #1328). */
  'aac-adts',
  'aac-latm',
  'pcmu',
  'pcma',
  'l16',
  /** Hikvision's: linear, with the low byte first. */
  'pcm',
  'opus',
  'g726-16',
  'g726-24',
  'g726-32',
  'g726-40',
  /** The same codes from the high bits of each byte on. */
  'aal2-g726-32',
] as const;
export type SoundCodec = (typeof SOUND_CODECS)[number];

export interface ClipSound {
  readonly codec: SoundCodec;
  /** Ticks per second of its RTP time. */
  readonly clockRate: number;
  readonly channels: number;
  /** AudioSpecificConfig; empty for all but AAC. */
  readonly config: Buffer;
  /** What goes into one packet each: a frame of AAC or Opus, or 20 ms of all else. */
  readonly packets: readonly { readonly time: number; readonly data: Buffer }[];
  readonly loopTicks: number;
}

/** What most cameras put into one packet where a codec has no frames (RFC 3551, 4.2). */
const PACKET_MS = 20;
/** G.726 and G.711. */
const TELEPHONE_RATE = 8_000;

/** Codes of G.726 in bits, or undefined for other codecs. */
export function g726CodeBits(codec: SoundCodec | 'none'): number | undefined {
  const kbps = /g726-(\d+)$/.exec(codec)?.[1];
  return kbps === undefined ? undefined : Number(kbps) / (TELEPHONE_RATE / 1000);
}

/** What a file has to hold for a codec; undefined for G.726, which has no place in MP4. */
export function fileSoundOf(codec: SoundCodec): FileSound | undefined {
  switch (codec) {
    case 'aac':
    case 'aac-adts':
    case 'aac-latm':
      return 'aac';
    case 'l16':
    case 'pcm':
      return 'l16';
    case 'pcmu':
    case 'pcma':
    case 'opus':
      return codec;
    default:
      return undefined;
  }
}

/** From a file's track; `codec` says how it is to travel, as itself when it is left out. */
export function soundOfTrack(file: Buffer, track: Track, format: AudioTrackFormat, codec?: SoundCodec): ClipSound {
  if (codec !== undefined && fileSoundOf(codec) !== format.codec) {
    throw new AppError('bad-input', `sound in the file is ${format.codec}, which cannot be sent as ${codec}`);
  }
  const { channels, config } = format;
  const data = track.samples.map((sample) => file.subarray(sample.offset, sample.offset + sample.sizeBytes));
  if (format.codec === 'aac' || format.codec === 'opus') {
    // Every frame decodes to as many samples; files give the last one less, which would shift the clock at each loop.
    const ticks = track.samples[0]!.duration;
    return {
      ...{ codec: codec ?? format.codec, channels, config, clockRate: track.timescale },
      packets: data.map((frame, i) => ({ time: i * ticks, data: frame })),
      loopTicks: data.length * ticks,
    };
  }
  const bytesPerTick = channels * (format.codec === 'l16' ? 2 : 1);
  const all = codec === 'pcm' ? Buffer.concat(data).swap16() : Buffer.concat(data);
  return {
    ...{ codec: codec ?? format.codec, channels, config, clockRate: format.sampleRate },
    ...cutByTime(all, format.sampleRate, bytesPerTick),
  };
}

/** G.726 as it is in a file of nothing else. */
export function soundOfCodes(bytes: Buffer, codec: SoundCodec): ClipSound {
  const bytesPerTick = (g726CodeBits(codec) ?? 0) / 8;
  return {
    ...{ codec, channels: 1, config: Buffer.alloc(0), clockRate: TELEPHONE_RATE },
    ...cutByTime(bytes, TELEPHONE_RATE, bytesPerTick),
  };
}

/** Only whole packets are kept, so that the loop has no short one. */
function cutByTime(bytes: Buffer, rate: number, bytesPerTick: number): Pick<ClipSound, 'packets' | 'loopTicks'> {
  const ticks = Math.round((rate * PACKET_MS) / 1000);
  const perPacket = ticks * bytesPerTick;
  const count = Math.floor(bytes.length / perPacket);
  return {
    packets: Array.from({ length: count }, (_, i) => ({
      time: i * ticks,
      data: bytes.subarray(i * perPacket, (i + 1) * perPacket),
    })),
    loopTicks: count * ticks,
  };
}
