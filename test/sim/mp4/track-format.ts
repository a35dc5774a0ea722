import { ByteReader } from '../../../src/base/byte-reader.ts';
import { AppError } from '../../../src/base/errors.ts';
import { type Box, childBoxes } from './boxes.ts';

/** What clips may hold and recorders store. */
export type FilePicture = 'h264' | 'h265' | 'mjpeg';
export type FileSound = 'aac' | 'pcmu' | 'pcma' | 'l16' | 'opus';

export interface VideoTrackFormat {
  readonly kind: 'video';
  readonly codec: FilePicture;
  readonly width: number;
  readonly height: number;
  /** Bytes of the length before each NAL unit; 0 for MJPEG, which has none. */
  readonly nalLengthBytes: number;
  readonly vps: readonly Buffer[];
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
}

export interface AudioTrackFormat {
  readonly kind: 'audio';
  readonly codec: FileSound;
  readonly channels: number;
  readonly sampleRate: number;
  /** AudioSpecificConfig; empty for all but AAC. */
  readonly config: Buffer;
}

export type TrackFormat = VideoTrackFormat | AudioTrackFormat;

/** Fields of a VisualSampleEntry and of a version 0 AudioSampleEntry before their child boxes (ISO 14496-12, 12.1.3 and 12.2.3). */
const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;

/** What the first sample description says; undefined for kinds of media that a camera does not send. */
export function readTrackFormat(stsd: Box): TrackFormat | undefined {
  const entry = childBoxes(stsd.body, 8)[0];
  if (!entry) return undefined;
  switch (entry.type) {
    case 'avc1':
    case 'avc3':
      return readAvc(entry.body);
    case 'hvc1':
    case 'hev1':
      return readHevc(entry.body);
    case 'jpeg':
      return readMjpeg(entry.body);
    case 'mp4v':
      return objectTypeOf(configOf(entry.body, VISUAL_ENTRY_BYTES, 'esds')) === OBJECT_TYPE_JPEG
        ? readMjpeg(entry.body)
        : undefined;
    case 'mp4a':
      return readAac(entry.body);
    case 'Opus':
      return { ...readSoundFields(entry.body), codec: 'opus', config: Buffer.alloc(0) };
    case 'twos':
      return { ...readSoundFields(entry.body), codec: 'l16', config: Buffer.alloc(0) };
    case 'ulaw':
      return { ...readSoundFields(entry.body), codec: 'pcmu', config: Buffer.alloc(0) };
    case 'alaw':
      return { ...readSoundFields(entry.body), codec: 'pcma', config: Buffer.alloc(0) };
    default:
      return undefined;
  }
}

function readAvc(entry: Buffer): VideoTrackFormat {
  const reader = new ByteReader(configOf(entry, VISUAL_ENTRY_BYTES, 'avcC'), 'avcC');
  reader.skip(4); // version, profile, compatibility, level
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const sps = Array.from({ length: reader.u8() & 31 }, () => reader.bytes(reader.u16()));
  const pps = Array.from({ length: reader.u8() }, () => reader.bytes(reader.u16()));
  return { ...readPicture(entry), codec: 'h264', nalLengthBytes, vps: [], sps, pps };
}

function readHevc(entry: Buffer): VideoTrackFormat {
  const reader = new ByteReader(configOf(entry, VISUAL_ENTRY_BYTES, 'hvcC'), 'hvcC');
  reader.skip(21);
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const sets = new Map<number, Buffer[]>();
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    const nalType = reader.u8() & 63;
    const nals = Array.from({ length: reader.u16() }, () => reader.bytes(reader.u16()));
    sets.set(nalType, [...(sets.get(nalType) ?? []), ...nals]);
  }
  return {
    ...readPicture(entry),
    codec: 'h265',
    nalLengthBytes,
    vps: sets.get(32) ?? [],
    sps: sets.get(33) ?? [],
    pps: sets.get(34) ?? [],
  };
}

function readMjpeg(entry: Buffer): VideoTrackFormat {
  return { ...readPicture(entry), codec: 'mjpeg', nalLengthBytes: 0, vps: [], sps: [], pps: [] };
}

function readPicture(entry: Buffer) {
  return { kind: 'video' as const, width: entry.readUInt16BE(24), height: entry.readUInt16BE(26) };
}

function readSoundFields(entry: Buffer) {
  return { kind: 'audio' as const, channels: entry.readUInt16BE(16), sampleRate: entry.readUInt16BE(24) };
}

function readAac(entry: Buffer): AudioTrackFormat {
  const config = decoderSpecificInfo(configOf(entry, AUDIO_ENTRY_BYTES, 'esds'));
  // The entry's own count is 2 in most files whatever is true (ISO 14496-14, 5.6); the codec's configuration knows.
  const channels = ((config[1] ?? 0) >> 3) & 15 || 1;
  return { ...readSoundFields(entry), codec: 'aac', channels, config };
}

function configOf(entry: Buffer, fieldBytes: number, type: string): Buffer {
  const box = childBoxes(entry, fieldBytes).find((candidate) => candidate.type === type);
  if (!box) throw new AppError('corrupt', `the track's sample description has no ${type}`);
  return box.body;
}

/** ISO/IEC 10918-1 in the registry of MPEG-4 object types. */
const OBJECT_TYPE_JPEG = 0x6c;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;

function objectTypeOf(esds: Buffer): number | undefined {
  return descriptorIn(esds, DECODER_CONFIG)?.[0];
}

function decoderSpecificInfo(esds: Buffer): Buffer {
  const info = descriptorIn(esds, DECODER_SPECIFIC);
  if (!info) throw new AppError('corrupt', 'esds has no decoder configuration');
  return Buffer.from(info);
}

/** Walks the nested descriptors of ISO 14496-1: ES (3) holds DecoderConfig (4) holds DecoderSpecificInfo (5). */
function descriptorIn(esds: Buffer, wanted: number): Buffer | undefined {
  const reader = new ByteReader(esds, 'esds');
  reader.skip(4);
  while (reader.remaining > 0) {
    const tag = reader.u8();
    let length = 0;
    for (let more = true; more; ) {
      const byte = reader.u8();
      length = (length << 7) | (byte & 127);
      more = (byte & 128) !== 0;
    }
    if (tag === wanted) return reader.bytes(length);
    if (tag === 3) {
      reader.skip(2);
      const flags = reader.u8();
      if (flags & 0x80) reader.skip(2);
      if (flags & 0x40) reader.skip(reader.u8());
      if (flags & 0x20) reader.skip(2);
    } else if (tag === DECODER_CONFIG) reader.skip(13);
    else reader.skip(length);
  }
  return undefined;
}
