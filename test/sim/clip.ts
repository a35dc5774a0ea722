import { open, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, messageOf } from '../../src/base/errors.ts';
import { formatBytes, MIB } from '../../src/base/units.ts';
import type { VideoCodec } from '../../src/media/access-unit.ts';
import { splitNals } from './h26x.ts';
import { readTracks, type Track } from './mp4/reader.ts';
import type { AudioTrackFormat, SoundCodec, VideoTrackFormat } from './mp4/track-format.ts';

/** Ticks per second of video over RTP (RFC 6184 and 7798). */
export const VIDEO_CLOCK_RATE = 90_000;

export interface ClipFrame {
  /** Ticks of 90 kHz since the loop's start; the first frame's is 0. */
  readonly dts90k: number;
  readonly pts90k: number;
  readonly isKey: boolean;
  readonly nals: readonly Buffer[];
}

export interface ClipVideo {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly vps: readonly Buffer[];
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
  readonly frames: readonly ClipFrame[];
  readonly loopTicks: number;
}

export interface ClipSound {
  readonly codec: SoundCodec;
  /** Ticks per second of its RTP time, and samples per second. */
  readonly clockRate: number;
  readonly channels: number;
  readonly config: Buffer;
  /** What goes into one packet each: an AAC frame, or 20 ms of G.711. */
  readonly packets: readonly { readonly time: number; readonly data: Buffer }[];
  readonly loopTicks: number;
}

/** A file in memory, ready to be sent by any number of cameras. */
export interface Clip {
  readonly name: string;
  readonly video: ClipVideo;
  readonly sound: ClipSound | undefined;
}

/** All clips stay in memory while they play. */
const MAX_CLIP_BYTES = 512 * MIB;
/** What most cameras put into one packet of G.711 (RFC 3551, 4.2). */
const G711_PACKET_MS = 20;

/** Reads an MP4 or MOV file with H.264 or H.265, and AAC, G.711 or no sound. */
export async function loadClip(path: string): Promise<Clip> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new AppError('not-found', `clip ${path}: ${messageOf(error)}`, { cause: error });
  });
  try {
    const { size } = await file.stat();
    if (size > MAX_CLIP_BYTES) {
      throw new AppError('bad-input', `clip ${path}: ${formatBytes(size)}, at most ${formatBytes(MAX_CLIP_BYTES)}`);
    }
    const tracks = await readTracks(file, `clip ${path}`);
    const bytes = await readFile(path);
    const video = tracks.find((track) => track.format.kind === 'video');
    if (!video || video.samples.length === 0 || video.format.kind !== 'video') {
      throw new AppError('bad-input', `clip ${path}: no H.264 or H.265 picture in it`);
    }
    const sound = tracks.find((track) => track.format.kind === 'audio' && track.samples.length > 0);
    return {
      name: basename(path),
      video: videoOf(bytes, video, video.format),
      sound: sound?.format.kind === 'audio' ? soundOf(bytes, sound, sound.format) : undefined,
    };
  } finally {
    await file.close();
  }
}

/** Paths of the clips in a folder, by name. */
export async function listClips(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new AppError('not-found', `folder of clips ${folder}: ${messageOf(error)}`, { cause: error });
  });
  const clips = names.filter((name) => /\.(mp4|mov|m4v)$/i.test(name)).sort();
  if (clips.length === 0)
    throw new AppError('not-found', `folder of clips ${folder}: no .mp4, .mov or .m4v file in it`);
  return clips.map((name) => join(folder, name));
}

/** As it is sent, whatever is declared. */
export function framesPerSecond(video: ClipVideo): number {
  return Math.round((video.frames.length * VIDEO_CLOCK_RATE * 1000) / video.loopTicks) / 1000;
}

/** Megabits per second of the picture, over one loop. */
export function clipMbps(video: ClipVideo): number {
  const bytes = video.frames.reduce((sum, frame) => sum + frame.nals.reduce((all, nal) => all + nal.length, 0), 0);
  return (bytes * 8 * VIDEO_CLOCK_RATE) / video.loopTicks / 1e6;
}

function videoOf(bytes: Buffer, track: Track, format: VideoTrackFormat): ClipVideo {
  const origin = track.samples[0]!.decodeTime;
  const last = track.samples.at(-1)!;
  const toTicks = (time: number) => Math.round((time * VIDEO_CLOCK_RATE) / track.timescale);
  const { nalLengthBytes, kind: _kind, ...picture } = format;
  return {
    ...picture,
    frames: track.samples.map((sample) => ({
      dts90k: toTicks(sample.decodeTime - origin),
      pts90k: toTicks(sample.decodeTime - origin + sample.compositionOffset),
      isKey: sample.isKey,
      nals: splitNals(bytes.subarray(sample.offset, sample.offset + sample.sizeBytes), nalLengthBytes),
    })),
    loopTicks: toTicks(last.decodeTime + last.duration - origin),
  };
}

function soundOf(bytes: Buffer, track: Track, format: AudioTrackFormat): ClipSound {
  const data = track.samples.map((sample) => bytes.subarray(sample.offset, sample.offset + sample.sizeBytes));
  const common = {
    codec: format.codec,
    channels: format.channels,
    config: format.config,
    clockRate: track.timescale,
  };
  if (format.codec === 'aac') {
    // Every frame decodes to as many samples; files give the last one less, which would shift the clock at each loop.
    const ticks = track.samples[0]!.duration;
    return {
      ...common,
      packets: data.map((frame, i) => ({ time: i * ticks, data: frame })),
      loopTicks: data.length * ticks,
    };
  }
  // G.711 has one byte per sample and channel; only whole packets are kept, so that the loop has no short one.
  const all = Buffer.concat(data);
  const ticks = Math.round((format.sampleRate * G711_PACKET_MS) / 1000);
  const count = Math.floor(all.length / (ticks * format.channels));
  return {
    ...common,
    clockRate: format.sampleRate,
    packets: Array.from({ length: count }, (_, i) => ({
      time: i * ticks,
      data: all.subarray(i * ticks * format.channels, (i + 1) * ticks * format.channels),
    })),
    loopTicks: count * ticks,
  };
}
