import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { splitAtStartCodes } from '../../../src/media/video/annex-b.ts';
import { h264Payloads, h265Payloads, rtpPacket, splitLengthPrefixed } from '../rtp/rtp-packets.ts';

export type NalCodec = 'h264' | 'h265';

export interface EncodedPicture {
  readonly nals: readonly Buffer[];
  /** Of presentation, in ticks of 90 kHz; pictures are in decoding order. */
  readonly time: number;
}

const ENCODERS = { h264: ['libx264', '-x264-params'], h265: ['libx265', '-x265-params'] } as const;

/** Pictures as a camera's encoder makes them, with parameter sets in-band: 25 a second, 160x120, by x264 or x265 with the given options. */
export function encodePictures(codec: NalCodec, seconds: number, parameters: string): EncodedPicture[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stream-'));
  try {
    const [stream, list] = [join(folder, 'stream'), join(folder, 'list')];
    const [encoder, option] = ENCODERS[codec];
    const quiet = codec === 'h265' ? 'log-level=error:' : '';
    execFileSync('ffmpeg', [
      ...[
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        `testsrc2=size=160x120:rate=25:duration=${seconds}`,
        '-pix_fmt',
        'yuv420p',
      ],
      ...['-c:v', encoder, '-preset', 'veryfast', option, quiet + parameters],
      // The second output says the size and the time of each picture in the first.
      ...['-map', '0:v', '-f', 'tee', `[f=${codec === 'h264' ? 'h264' : 'hevc'}]${stream}|[f=framecrc]${list}`],
    ]);
    const bytes = readFileSync(stream);
    let at = 0;
    return readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => /^\d/.test(line))
      .map((line) => {
        const [, , presentation, , size] = line.split(',').map(Number);
        const picture = bytes.subarray(at, at + size!);
        at += size!;
        return { nals: splitAtStartCodes(picture), time: presentation! * 3600 };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface PacketOptions {
  readonly maxBytes?: number;
  /** Which packets of a picture have the marker. */
  readonly marker?: 'last' | 'every-nal' | 'none';
  /** Left out on the way, by its number in the whole stream. */
  readonly isLost?: (packet: number, picture: number) => boolean;
}

export function packetsOfPictures(
  codec: NalCodec,
  pictures: readonly EncodedPicture[],
  options: PacketOptions = {},
): Buffer[] {
  const { maxBytes = 1400, marker = 'last', isLost = () => false } = options;
  const split = codec === 'h264' ? h264Payloads : h265Payloads;
  const packets: Buffer[] = [];
  let sequence = 0;
  for (const [index, { nals, time }] of pictures.entries()) {
    for (const [i, nal] of nals.entries()) {
      const payloads = split(nal, maxBytes);
      for (const [k, payload] of payloads.entries()) {
        const isNalEnd = k === payloads.length - 1;
        const isMarked = isNalEnd && (marker === 'every-nal' || (marker === 'last' && i === nals.length - 1));
        const number = sequence++;
        if (isLost(number, index)) continue;
        packets.push(rtpPacket({ sequence: number, timestamp: 1_000_000 + time, marker: isMarked, payload }));
      }
    }
  }
  return packets;
}

/** How many pictures ffmpeg makes out of the units, one after the other, and what it says; nothing, when all is well. */
export function decodeUnits(codec: NalCodec, units: readonly AccessUnit[]): { pictures: number; complaints: string } {
  const startCode = Buffer.from([0, 0, 0, 1]);
  const input = Buffer.concat(
    units.flatMap((unit) => splitLengthPrefixed(unit.data).flatMap((nal) => [startCode, nal])),
  );
  const format = codec === 'h264' ? 'h264' : 'hevc';
  const args = ['-v', 'error', '-f', format, '-i', '-', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const { stdout, stderr } = spawnSync('ffmpeg', args, { input, encoding: 'utf8' });
  return { pictures: stdout.split('\n').filter((line) => /^\d/.test(line)).length, complaints: stderr };
}
