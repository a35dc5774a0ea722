import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SegmentFormats } from '../../src/archive/identity.ts';
import type { AudioCodec, AudioFormat, VideoCodec, VideoFormat } from '../../src/media/access-unit.ts';
import type { FragmentInput, Run, Sample } from '../../src/media/fmp4/fragment.ts';
import { mjpegFormat } from '../../src/media/video/mjpeg-depacketiser.ts';

/** Footage as a camera would send it, made by ffmpeg, and cut into fragments as the recorder cuts it. */
export interface Footage {
  readonly formats: SegmentFormats;
  readonly video: readonly TimedSample[];
  readonly audio: readonly TimedSample[];
  /** MD5 of each decoded picture of the source, in order of presentation. */
  readonly pictureHashes: readonly string[];
}

export interface TimedSample extends Sample {
  readonly decodeTime: number;
}

export interface FootageOptions {
  codec: VideoCodec;
  seconds: number;
  bFrames?: number;
  /** Frames from key frame to key frame. */
  gop?: number;
  audio?: AudioCodec;
  channels?: number;
}

/** As ffmpeg calls them, with the sampling rates that cameras use. */
const SOUND = {
  aac: { encoder: 'aac', rate: 16_000, codecString: 'mp4a.40.2' },
  pcmu: { encoder: 'pcm_mulaw', rate: 8_000, codecString: 'ulaw' },
  pcma: { encoder: 'pcm_alaw', rate: 8_000, codecString: 'alaw' },
  l16: { encoder: 'pcm_s16be', rate: 16_000, codecString: 'twos' },
  opus: { encoder: 'libopus', rate: 48_000, codecString: 'opus' },
} as const;

export const missingTool = ['ffmpeg', 'ffprobe'].find((tool) => {
  try {
    execFileSync(tool, ['-version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

export function makeFootage(options: FootageOptions): Footage {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-footage-'));
  try {
    // Only MOV takes G.711 from ffmpeg, and only MP4 takes Opus; the samples inside are the same.
    const path = join(folder, options.audio === 'opus' ? 'source.mp4' : 'source.mov');
    const gop = String(options.gop ?? 25);
    const bFrames = String(options.bFrames ?? 0);
    const video = {
      h264: ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', bFrames, '-g', gop],
      h265: [
        ...['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1'],
        ...['-x265-params', `log-level=error:keyint=${gop}:bframes=${bFrames}`],
      ],
      mjpeg: ['-c:v', 'mjpeg', '-q:v', '4'],
    }[options.codec];
    const duration = String(options.seconds);
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=25:duration=${duration}`],
      ...(options.audio
        ? ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${SOUND[options.audio].rate}:duration=${duration}`]
        : []),
      ...['-pix_fmt', 'yuv420p', '-video_track_timescale', '90000', ...video],
      ...(options.audio ? ['-c:a', SOUND[options.audio].encoder, '-ac', String(options.channels ?? 1)] : []),
      path,
    ]);
    return { ...readSource(path, options), pictureHashes: pictureHashes(path) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** MD5 of each decoded picture; throws when ffmpeg says anything at all. */
export function pictureHashes(path: string): string[] {
  const args = ['-v', 'error', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const lines = execFileSync('ffmpeg', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n');
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',')[5]!.trim());
}

/** Cut after `fragmentMs` and before each key frame, sound going with the picture of its time. */
export function cutFragments(footage: Footage, startUtcMs: number, fragmentMs = 500): FragmentInput[] {
  const groups: TimedSample[][] = [];
  for (const sample of footage.video) {
    const group = groups.at(-1);
    const isFull = group !== undefined && sample.decodeTime - group[0]!.decodeTime >= fragmentMs * 90;
    if (group === undefined || isFull || sample.isKey) groups.push([sample]);
    else group.push(sample);
  }
  const rate = footage.formats.audio?.clockRate ?? 1;
  let nextAudio = 0;
  return groups.map((group, i) => {
    const endS = i === groups.length - 1 ? Number.POSITIVE_INFINITY : groups[i + 1]![0]!.decodeTime / 90_000;
    const sound: TimedSample[] = [];
    while (nextAudio < footage.audio.length && footage.audio[nextAudio]!.decodeTime / rate < endS) {
      sound.push(footage.audio[nextAudio++]!);
    }
    return {
      wallUtcMs: startUtcMs + Math.round(group[0]!.decodeTime / 90),
      video: runOf(group),
      ...(sound.length > 0 ? { audio: runOf(sound) } : {}),
    };
  });
}

function runOf(samples: readonly TimedSample[]): Run {
  return { baseDecodeTime: samples[0]!.decodeTime, samples };
}

function readSource(path: string, options: FootageOptions): Omit<Footage, 'pictureHashes'> {
  const file = readFileSync(path);
  const packets = readPackets(path, file);
  const firstVideo = packets.video[0]!;
  // Decoding starts at 0; sound moves by as much as the picture does.
  const shiftS = -firstVideo.dts / 90_000;
  const audioRate = options.audio ? SOUND[options.audio].rate : 1;
  const timed = (packet: Packet, shift: number): TimedSample => ({
    data: packet.data,
    duration: packet.duration,
    compositionOffset: packet.pts - packet.dts,
    isKey: packet.isKey,
    decodeTime: packet.dts + shift,
  });
  const audioShift = Math.round(shiftS * audioRate);
  return {
    formats: { video: videoFormat(file, options), audio: options.audio && audioFormat(file, options.audio, options) },
    video: packets.video.map((packet) => timed(packet, -firstVideo.dts)),
    audio: packets.audio.map((packet) => timed(packet, audioShift)).filter((sample) => sample.decodeTime >= 0),
  };
}

interface Packet {
  pts: number;
  dts: number;
  duration: number;
  isKey: boolean;
  data: Buffer;
}

function readPackets(path: string, file: Buffer): { video: Packet[]; audio: Packet[] } {
  const read = (stream: string) => {
    const args = ['-v', 'error', '-select_streams', stream, '-show_packets', '-of', 'json', path];
    const json = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })) as {
      packets: { pts: number; dts: number; duration: number; flags: string; pos: string; size: string }[];
    };
    return json.packets.map((packet) => {
      const pos = Number(packet.pos);
      const data = file.subarray(pos, pos + Number(packet.size));
      return { pts: packet.pts, dts: packet.dts, duration: packet.duration, isKey: packet.flags.includes('K'), data };
    });
  };
  return { video: read('v'), audio: read('a') };
}

function videoFormat(file: Buffer, options: FootageOptions): VideoFormat {
  const common = {
    kind: 'video',
    width: 320,
    height: 240,
    clockRate: 90_000,
    reorderDepth: options.bFrames ? 2 : 0,
  } as const;
  if (options.codec === 'mjpeg') return mjpegFormat(common.width, common.height);
  if (options.codec === 'h264') {
    const at = file.indexOf('avcC') + 4;
    const spsLength = file.readUInt16BE(at + 6);
    const sps = file.subarray(at + 8, at + 8 + spsLength);
    const ppsAt = at + 8 + spsLength + 1;
    const pps = file.subarray(ppsAt + 2, ppsAt + 2 + file.readUInt16BE(ppsAt));
    return {
      ...common,
      codec: 'h264',
      codecString: `avc1.${sps.toString('hex', 1, 4)}`,
      vps: [],
      sps: [sps],
      pps: [pps],
    };
  }
  const sets = new Map<number, Buffer>();
  let at = file.indexOf('hvcC') + 4 + 22;
  for (let arrays = file.readUInt8(at++); arrays > 0; arrays--) {
    const type = file.readUInt8(at) & 0x3f;
    const length = file.readUInt16BE(at + 3);
    sets.set(type, file.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  const one = (type: number) => [sets.get(type)!];
  return { ...common, codec: 'h265', codecString: 'hvc1.1.6.L60.90', vps: one(32), sps: one(33), pps: one(34) };
}

function audioFormat(file: Buffer, codec: AudioCodec, { channels = 1 }: FootageOptions): AudioFormat {
  const { codecString, rate } = SOUND[codec];
  let config = Buffer.alloc(0);
  if (codec === 'aac') {
    const tag = file.indexOf(Buffer.from([0x05, 0x80, 0x80, 0x80]), file.indexOf('esds'));
    config = Buffer.from(file.subarray(tag + 5, tag + 5 + file[tag + 4]!));
  }
  return { kind: 'audio', codec, codecString, clockRate: rate, channels, config };
}
