import { open, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, messageOf } from '../../src/base/errors.ts';
import { formatBytes, MIB } from '../../src/base/units.ts';
import type { VideoCodec } from '../../src/media/access-unit.ts';
import { type ClipSound, fileSoundOf, type SoundCodec, soundOfCodes, soundOfTrack } from './clip-sound.ts';
import { splitNals } from './h26x.ts';
import { readTracks, type Track } from './mp4/reader.ts';
import type { VideoTrackFormat } from './mp4/track-format.ts';

/** Ticks per second of video over RTP (RFC 6184 and 7798). */
export const VIDEO_CLOCK_RATE = 90_000;

export interface ClipFrame {
  /** Ticks of 90 kHz since the loop's start; the first frame's is 0. */
  readonly dts90k: number;
  readonly pts90k: number;
  readonly isKey: boolean;
  /** For MJPEG, one whole file. */
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

/** A file in memory, ready to be sent by any number of cameras. */
export interface Clip {
  readonly name: string;
  readonly video: ClipVideo;
  readonly sound: ClipSound | undefined;
}

/** All clips stay in memory while they play. */
const MAX_CLIP_BYTES = 512 * MIB;

/**
 * Reads an MP4 or MOV file with H.264, H.265 or MJPEG, and AAC, Opus, G.711, linear PCM or no sound. `soundCodec` says how the sound is to
 * travel, as it is in the file when it is left out. G.726 stands beside the file.
 */
export async function loadClip(path: string, soundCodec?: SoundCodec): Promise<Clip> {
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
      throw new AppError('bad-input', `clip ${path}: no H.264, H.265 or MJPEG picture in it`);
    }
    return {
      name: basename(path),
      video: videoOf(bytes, video, video.format),
      sound: await loadSound(path, bytes, tracks, soundCodec),
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
      nals: splitSample(bytes.subarray(sample.offset, sample.offset + sample.sizeBytes), nalLengthBytes),
    })),
    loopTicks: toTicks(last.decodeTime + last.duration - origin),
  };
}

function splitSample(sample: Buffer, nalLengthBytes: number): Buffer[] {
  return nalLengthBytes === 0 ? [sample] : splitNals(sample, nalLengthBytes);
}

/** Where the codes of a clip's G.726 are kept. */
export function g726PathOf(clipPath: string): string {
  return clipPath.replace(/\.[^.]+$/, '.g726');
}

async function loadSound(
  path: string,
  file: Buffer,
  tracks: readonly Track[],
  codec: SoundCodec | undefined,
): Promise<ClipSound | undefined> {
  if (codec !== undefined && fileSoundOf(codec) === undefined)
    return soundOfCodes(await readFile(g726PathOf(path)), codec);
  const track = tracks.find((candidate) => candidate.format.kind === 'audio' && candidate.samples.length > 0);
  return track?.format.kind === 'audio' ? soundOfTrack(file, track, track.format, codec) : undefined;
}
