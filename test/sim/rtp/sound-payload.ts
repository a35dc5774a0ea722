import type { ClipSound, SoundCodec } from '../clip-sound.ts';
import { MAX_PAYLOAD_BYTES, type PacketRun, packRun } from './packets.ts';

/** G.711 has static payload types (RFC 3551, table 4); all else gets the number that most cameras give it. */
const DYNAMIC_PAYLOAD_TYPE = 97;

export function soundPayloadType(codec: SoundCodec): number {
  if (codec === 'pcmu') return 0;
  return codec === 'pcma' ? 8 : DYNAMIC_PAYLOAD_TYPE;
}

/** One unit of sound as packets. */
export function packSound(data: Buffer, sound: ClipSound): PacketRun {
  const payloadType = soundPayloadType(sound.codec);
  switch (sound.codec) {
    case 'aac':
      return packRun(payloadsOfAac(data), payloadType, true);
    case 'aac-adts':
      return packRun(payloadsOfAac(Buffer.concat([adtsHeader(data.length, sound.config), data])), payloadType, true);
    case 'aac-latm':
      return packRun(payloadsOfLatm(data), payloadType, true);
    default:
      // The marker would mean the start of a talkspurt (RFC 3551, 4.1).
      return packRun([[data]], payloadType, false);
  }
}

/** Mode AAC-hbr (RFC 3640, 3.3.6): a section of one 16-bit header with the frame's whole size, repeated in each fragment. */
function payloadsOfAac(frame: Buffer): Buffer[][] {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(16, 0); // bits of headers that follow
  header.writeUInt16BE(frame.length << 3, 2); // 13 bits of size, 3 of index
  return cut(frame, MAX_PAYLOAD_BYTES - header.length).map((part) => [header, part]);
}

/** An AudioMuxElement without its configuration (RFC 6416, 6.1): the length in steps of 255, and the frame; cut where it is too long. */
function payloadsOfLatm(frame: Buffer): Buffer[][] {
  const length = Buffer.alloc(Math.floor(frame.length / 255) + 1, 255);
  length[length.length - 1] = frame.length % 255;
  return cut(Buffer.concat([length, frame]), MAX_PAYLOAD_BYTES).map((part) => [part]);
}

function cut(bytes: Buffer, maxBytes: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += maxBytes) parts.push(bytes.subarray(offset, offset + maxBytes));
  return parts;
}

/** ISO 14496-3, 1.A.2.2.1, without CRC. Object type, rate and channels are those of the AudioSpecificConfig's first two bytes. */
function adtsHeader(frameBytes: number, config: Buffer): Buffer {
  const objectType = config[0]! >> 3;
  const rateIndex = ((config[0]! & 7) << 1) | (config[1]! >> 7);
  const channels = (config[1]! >> 3) & 15;
  const length = frameBytes + 7;
  return Buffer.from([
    0xff,
    0xf1,
    ((objectType - 1) << 6) | (rateIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f, // buffer fullness: variable bit rate, which goes on in the last byte
    0xfc,
  ]);
}

/**
 * A StreamMuxConfig of one stream (ISO 14496-3, 1.7.3.1): version, same time framing, no sub-frames, programs and layers (15 bits); the
 * first 16 bits of the AudioSpecificConfig; frame length type 0, buffer fullness 255, no other data, no CRC (13 bits).
 */
export function streamMuxConfig(config: Buffer): Buffer {
  const head = 0b0100_0000_0000_000n;
  const tail = 0b000_1111_1111_0_0n;
  const bits = (head << 29n) | (BigInt(config.readUInt16BE(0)) << 13n) | tail;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(bits << 20n); // 44 bits from the top on
  return bytes.subarray(0, 6);
}
