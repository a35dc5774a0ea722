import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AudioCodec, AudioFormat, VideoCodec, VideoFormat } from '../../src/media/access-unit.ts';
import { type Box, descend, readBoxes, requireBox, u32 } from '../../src/media/fmp4/box.ts';
import { mjpegFormat } from '../../src/media/video/mjpeg-depacketiser.ts';

/** Real footage for tests: ffmpeg encodes a moving test picture, and its plain MP4 is taken apart into frames. */
export interface Clip {
  readonly video: VideoFormat;
  readonly audio: AudioFormat | undefined;
  readonly pictures: readonly ClipSample[];
  readonly sound: readonly ClipSample[];
}

export interface ClipSample {
  readonly data: Buffer;
  /** Ticks of the format's clock rate. */
  readonly dts: number;
  readonly pts: number;
  readonly duration: number;
  readonly isKey: boolean;
}

export interface ClipOptions {
  readonly seconds: number;
  readonly codec?: VideoCodec;
  readonly size?: string;
  readonly rate?: number;
  /** Pictures from one key frame to the next. */
  readonly gop?: number;
  readonly bFrames?: number;
  readonly sound?: AudioCodec;
  readonly soundRate?: number;
  readonly channels?: number;
  /** Another picture for each value. */
  readonly seed?: number;
}

/** As ffmpeg calls them, with the rates that cameras use. */
const SOUND = {
  aac: { encoder: 'aac', rate: 16_000, codecString: 'mp4a.40.2' },
  pcmu: { encoder: 'pcm_mulaw', rate: 8_000, codecString: 'ulaw' },
  pcma: { encoder: 'pcm_alaw', rate: 8_000, codecString: 'alaw' },
  l16: { encoder: 'pcm_s16be', rate: 16_000, codecString: 'twos' },
  opus: { encoder: 'libopus', rate: 48_000, codecString: 'opus' },
} as const;

const run = promisify(execFile);

/** Runs a program and returns its standard output; what it says on standard error counts as failure when `isSilent`. */
export async function tool(program: 'ffmpeg' | 'ffprobe', args: readonly string[], isSilent = true): Promise<string> {
  const { stdout, stderr } = await run(program, ['-v', 'error', ...args], { maxBuffer: 64 * 1024 * 1024 });
  if (isSilent && stderr.trim() !== '') throw new Error(`${program}: ${stderr.trim()}`);
  return stdout;
}

export async function makeClip(options: ClipOptions): Promise<Clip> {
  const { seconds, codec = 'h264', size = '320x180', rate = 25, gop = 25, bFrames = 0, sound, seed = 0 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-clip-'));
  try {
    const path = join(folder, 'clip.mov');
    const picture = `testsrc2=size=${size}:rate=${rate}:duration=${seconds},hue=h=${seed * 40}`;
    const x264 = ['-bf', String(bFrames), '-x264-params', `scenecut=0:keyint=${gop}`];
    const x265 = ['-x265-params', `log-level=error:scenecut=0:keyint=${gop}:bframes=${bFrames}`];
    const encoder = {
      h264: ['-c:v', 'libx264', '-preset', 'ultrafast', ...x264],
      h265: ['-c:v', 'libx265', '-preset', 'ultrafast', ...x265],
      mjpeg: ['-c:v', 'mjpeg', '-q:v', '4'],
    }[codec];
    const soundRate = options.soundRate ?? (sound ? SOUND[sound].rate : 0);
    const channels = options.channels ?? 1;
    const tone = `0.125*sin(2*PI*${440 + seed * 50}*t)`;
    const tones = Array.from({ length: channels }, (_, i) => (i === 0 ? tone : tone.replace('440', '700'))).join('|');
    await tool('ffmpeg', [
      ...['-f', 'lavfi', '-i', picture],
      ...(sound ? ['-f', 'lavfi', '-i', `aevalsrc=${tones}:s=${soundRate}:d=${seconds}`] : []),
      ...[...encoder, '-pix_fmt', 'yuv420p', '-video_track_timescale', '90000'],
      ...(sound ? ['-c:a', SOUND[sound].encoder] : []),
      ...['-f', sound === 'opus' ? 'mp4' : 'mov', path],
    ]);
    return takeApart(await readFile(path), codec, sound && audioFormat(sound, soundRate, channels));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Cuts a clip to [fromS, toS) of its own time; `fromS` should be a key frame. Times keep running from 0. */
export function slice(clip: Clip, fromS: number, toS: number): Clip {
  const cut = (samples: readonly ClipSample[], clockRate: number) => {
    const [from, to] = [Math.round(fromS * clockRate), Math.round(toS * clockRate)];
    const inside = samples.filter((s) => s.dts >= from && s.dts < to);
    return inside.map((s) => ({ ...s, dts: s.dts - from, pts: s.pts - from }));
  };
  return {
    ...clip,
    pictures: cut(clip.pictures, clip.video.clockRate),
    sound: clip.audio ? cut(clip.sound, clip.audio.clockRate) : [],
  };
}

function takeApart(file: Buffer, codec: VideoCodec, audio: AudioFormat | undefined): Clip {
  const moov = requireBox(readBoxes(file), 'moov');
  const tracks = readBoxes(moov.body).filter((box) => box.type === 'trak');
  const kindOf = (trak: Box) => descend(trak, 'mdia', 'hdlr').body.toString('latin1', 8, 12);
  const videoTrack = tracks.find((trak) => kindOf(trak) === 'vide')!;
  const audioTrack = tracks.find((trak) => kindOf(trak) === 'soun');
  const entry = readBoxes(descend(videoTrack, 'mdia', 'minf', 'stbl', 'stsd').body.subarray(8))[0]!;
  const width = entry.body.readUInt16BE(24);
  const height = entry.body.readUInt16BE(26);
  let pictures = samplesOf(file, videoTrack);
  const reorderDepth = pictures.some((s) => s.pts !== s.dts) ? 2 : 0;
  const video = { ...formatOf(codec, entry, width, height), reorderDepth };
  // As cameras' pictures reach the archive: each key frame has the parameter sets in front.
  const sets = [...video.vps, ...video.sps, ...video.pps].flatMap((unit) => [u32(unit.length), unit]);
  pictures = pictures.map((s) => (s.isKey ? { ...s, data: Buffer.concat([...sets, s.data]) } : s));
  if (audio === undefined || audioTrack === undefined) return { video, audio: undefined, pictures, sound: [] };

  const packets = samplesOf(file, audioTrack);
  const isInPackets = audio.codec === 'aac' || audio.codec === 'opus';
  return { video, audio, pictures, sound: isInPackets ? packets : joinPackets(packets, audio.clockRate / 50) };
}

function formatOf(codec: VideoCodec, entry: Box, width: number, height: number): VideoFormat {
  if (codec === 'mjpeg') return mjpegFormat(width, height);
  const config = requireBox(readBoxes(entry.body.subarray(78)), codec === 'h264' ? 'avcC' : 'hvcC').body;
  const parameters = codec === 'h264' ? avcParameters(config) : hevcParameters(config);
  return { kind: 'video', codec, width, height, clockRate: 90_000, reorderDepth: 0, ...parameters };
}

function audioFormat(codec: AudioCodec, clockRate: number, channels: number): AudioFormat {
  return {
    kind: 'audio',
    codec,
    codecString: SOUND[codec].codecString,
    clockRate,
    channels,
    config: codec === 'aac' ? aacConfig(clockRate, channels) : Buffer.alloc(0),
  };
}

/** ffmpeg stores G.711 and PCM sample by sample; cameras send 20 ms a packet. */
function joinPackets(samples: readonly ClipSample[], count: number): ClipSample[] {
  const packets: ClipSample[] = [];
  for (let i = 0; i < samples.length; i += count) {
    const group = samples.slice(i, i + count);
    const data = Buffer.concat(group.map((s) => s.data));
    packets.push({ ...group[0]!, data, duration: group.length });
  }
  return packets;
}

function avcParameters(config: Buffer) {
  const spsLength = config.readUInt16BE(6);
  const sps = config.subarray(8, 8 + spsLength);
  const ppsAt = 8 + spsLength + 1;
  const pps = config.subarray(ppsAt + 2, ppsAt + 2 + config.readUInt16BE(ppsAt));
  const codecString = `avc1.${sps.subarray(1, 4).toString('hex').toUpperCase()}`;
  return { codecString, vps: [], sps: [sps], pps: [pps] };
}

function hevcParameters(config: Buffer) {
  const units = new Map<number, Buffer[]>();
  let at = 23;
  for (let array = 0; array < config[22]!; array++) {
    const type = config[at]! & 0x3f;
    const count = config.readUInt16BE(at + 1);
    at += 3;
    for (let i = 0; i < count; i++) {
      const length = config.readUInt16BE(at);
      units.set(type, [...(units.get(type) ?? []), config.subarray(at + 2, at + 2 + length)]);
      at += 2 + length;
    }
  }
  return {
    codecString: 'hvc1.1.6.L93.B0',
    vps: units.get(32) ?? [],
    sps: units.get(33) ?? [],
    pps: units.get(34) ?? [],
  };
}

/** Low complexity. */
function aacConfig(rate: number, channels: number): Buffer {
  const index = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000].indexOf(
    rate,
  );
  const bits = (2 << 11) | (index << 7) | (channels << 3);
  return Buffer.from([bits >> 8, bits & 0xff]);
}

function samplesOf(file: Buffer, trak: Box): ClipSample[] {
  const tables = readBoxes(descend(trak, 'mdia', 'minf', 'stbl').body);
  const words = (type: string) => tables.find((box) => box.type === type)?.body;
  const sizes = words('stsz')!;
  const count = sizes.readUInt32BE(8);
  const sizeOf = (i: number) => sizes.readUInt32BE(4) || sizes.readUInt32BE(12 + i * 4);
  const durations = expand(words('stts')!, count);
  const offsets = words('ctts') ? expand(words('ctts')!, count) : [];
  const keys = words('stss');
  const keySet = keys && new Set(Array.from({ length: keys.readUInt32BE(4) }, (_, i) => keys.readUInt32BE(8 + i * 4)));
  const chunks = words('stco')!;
  const perChunk = words('stsc')!;
  const samples: ClipSample[] = [];
  let dts = 0;
  for (let chunk = 0, rule = 0; chunk < chunks.readUInt32BE(4); chunk++) {
    const nextRule =
      rule + 1 < perChunk.readUInt32BE(4) ? perChunk.readUInt32BE(8 + (rule + 1) * 12) : Number.MAX_VALUE;
    if (chunk + 1 >= nextRule) rule++;
    let at = chunks.readUInt32BE(8 + chunk * 4);
    for (let n = perChunk.readUInt32BE(8 + rule * 12 + 4); n > 0; n--) {
      const i = samples.length;
      const data = Buffer.from(file.subarray(at, at + sizeOf(i)));
      const duration = durations[i]!;
      samples.push({ data, dts, pts: dts + (offsets[i] ?? 0), duration, isKey: keySet?.has(i + 1) ?? true });
      at += data.length;
      dts += duration;
    }
  }
  return samples;
}

function expand(table: Buffer, count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < table.readUInt32BE(4); i++) {
    const value = table.readInt32BE(8 + i * 8 + 4);
    for (let n = table.readUInt32BE(8 + i * 8); n > 0; n--) values.push(value);
  }
  return values.slice(0, count);
}
