import { execFileSync } from 'node:child_process';
import { rtpPacket } from '../rtp/rtp-packets.ts';
import { JPEG_PAYLOAD_TYPE } from './video-units.ts';

/** Whole JPEG files with the usual Huffman tables, made by ffmpeg. */
export function makeJpegs(options: {
  width: number;
  height: number;
  count: number;
  /** More than one: with restart intervals. */
  slices?: number;
}): Buffer[] {
  const { width, height, count, slices = 1 } = options;
  const source = `testsrc2=size=${width}x${height}:rate=25`;
  const stream = execFileSync(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', String(count), '-pix_fmt', 'yuvj420p'],
      ...['-c:v', 'mjpeg', '-huffman', 'default', '-q:v', '4', '-threads', String(slices), '-slices', String(slices)],
      ...['-thread_type', 'slice', '-f', 'image2pipe', '-'],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const files: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const next = stream.indexOf(Buffer.from([0xff, 0xd8, 0xff]), at + 3);
    const end = next === -1 ? stream.length : next;
    files.push(stream.subarray(at, end));
    at = end;
  }
  return files;
}

export interface JpegParts {
  /** Marker segments by marker, with marker and length, in order. */
  readonly segments: { marker: number; bytes: Buffer }[];
  readonly width: number;
  readonly height: number;
  readonly type: 0 | 1;
  readonly restartInterval: number;
  readonly tables: Buffer;
  /** Behind the start of scan, with the end of the image. */
  readonly data: Buffer;
}

export function splitJpeg(file: Buffer): JpegParts {
  const segments: JpegParts['segments'] = [];
  let at = 2;
  for (;;) {
    const marker = file[at + 1]!;
    const bytes = file.subarray(at, at + 2 + file.readUInt16BE(at + 2));
    segments.push({ marker, bytes });
    at += bytes.length;
    if (marker === 0xda) break;
  }
  const find = (marker: number) => segments.find((one) => one.marker === marker)?.bytes;
  const frame = find(0xc0)!;
  const tables = segments
    .filter((one) => one.marker === 0xdb)
    .flatMap(({ bytes }) => {
      const found: Buffer[] = [];
      for (let from = 5; from < bytes.length; from += 65) found.push(bytes.subarray(from, from + 64));
      return found;
    });
  return {
    segments,
    width: frame.readUInt16BE(7),
    height: frame.readUInt16BE(5),
    type: frame[11] === 0x22 ? 1 : 0,
    restartInterval: find(0xdd)?.readUInt16BE(4) ?? 0,
    tables: Buffer.concat(tables),
    data: file.subarray(at),
  };
}

export interface JpegSending {
  readonly time: number;
  readonly q?: number;
  /** Left out where an earlier picture brought them. */
  readonly tables?: Buffer;
  readonly width?: number;
  readonly height?: number;
  readonly maxBytes?: number;
  readonly hasMarker?: boolean;
  /** Segments in an RTP header extension of the first packet. */
  readonly extension?: Buffer;
}

/** The packets of one picture, as RFC 2435 has them, from a given sequence number on. */
export function jpegPackets(parts: JpegParts, sending: JpegSending, sequence: number): Buffer[] {
  const { q = 255, tables = parts.tables, width = parts.width, height = parts.height, maxBytes = 1400 } = sending;
  const type = parts.type + (parts.restartInterval > 0 ? 64 : 0);
  const restart =
    parts.restartInterval > 0
      ? Buffer.from([parts.restartInterval >> 8, parts.restartInterval, 0xff, 0xff])
      : Buffer.alloc(0);
  const packets: Buffer[] = [];
  for (let offset = 0; offset < parts.data.length; ) {
    const header = Buffer.from([0, offset >> 16, offset >> 8, offset, type, q, (width + 7) >> 3, (height + 7) >> 3]);
    const inBand = offset === 0 && q >= 128 ? [Buffer.from([0, 0, tables.length >> 8, tables.length]), tables] : [];
    const head = Buffer.concat([header, restart, ...inBand]);
    const data = parts.data.subarray(offset, offset + Math.max(1, maxBytes - head.length));
    const isLast = offset + data.length === parts.data.length;
    packets.push(
      rtpPacket({
        payloadType: JPEG_PAYLOAD_TYPE,
        sequence: sequence + packets.length,
        timestamp: sending.time,
        marker: isLast && sending.hasMarker !== false,
        payload: Buffer.concat([head, data]),
        ...(offset === 0 && sending.extension ? { extension: { type: 0xffd8, data: sending.extension } } : {}),
      }),
    );
    offset += data.length;
  }
  return packets;
}

/** Checksum of each picture that ffmpeg decodes; throws when it says anything at all. */
export function decodedJpegs(files: readonly Buffer[]): string[] {
  const args = ['-v', 'error', '-xerror', '-f', 'mjpeg', '-i', '-', '-f', 'framemd5', '-'];
  const text = execFileSync('ffmpeg', args, { input: Buffer.concat(files), encoding: 'utf8' });
  return text.split('\n').flatMap((line) => (/^\d/.test(line) ? [line.split(',')[5]!.trim()] : []));
}
