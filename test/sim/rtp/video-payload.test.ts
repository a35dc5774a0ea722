import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reassemble } from '../depacketise.ts';
import {
  fillIn,
  INTERLEAVED_HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_RTP_PACKET_BYTES,
  packRun,
  splitRun,
} from './packets.ts';
import { payloadsOfNal } from './video-payload.ts';

const SIZES = [3, MAX_PAYLOAD_BYTES - 1, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1, 2 * MAX_PAYLOAD_BYTES, 100_000];
/** An IDR slice of each codec, with reference bits and temporal layer set. */
const HEADERS = { h264: [0x65], h265: [19 << 1, 1] } as const;

describe.each(['h264', 'h265'] as const)('NAL units of %s in packets', (codec) => {
  test.each(SIZES)('%i bytes come back as they were, in packets within the limit', (sizeBytes) => {
    checkRoundTrip(Buffer.from([...HEADERS[codec], ...Array(sizeBytes - HEADERS[codec].length).fill(7)]));
  });

  test('any content and size comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), (content) => {
        checkRoundTrip(Buffer.from([...HEADERS[codec], ...content]));
      }),
    );
  });

  function checkRoundTrip(nal: Buffer): void {
    const run = packRun(payloadsOfNal(nal, codec), 96, true);
    const packets = splitRun(run).map((packet) => packet.subarray(INTERLEAVED_HEADER_BYTES));
    expect(Math.max(...packets.map((packet) => packet.length))).toBeLessThanOrEqual(MAX_RTP_PACKET_BYTES);
    const frames = reassemble(packets, codec);
    expect(frames.length).toBe(1);
    expect(Buffer.concat(frames[0]!.nals).equals(nal)).toBe(true);
  }
});

test('sequence numbers wrap within a run, and the other fields are the same in each packet', () => {
  const run = packRun([[Buffer.from('a')], [Buffer.from('bc')], [Buffer.from('d')]], 96, true);
  const bytes = Buffer.concat([Buffer.alloc(5), run.bytes]);
  fillIn(bytes, 5, run.offsets, { channel: 4, sequence: 0xfffe, timestamp: 0xfedcba98, ssrc: 0x12345678 });
  const packets = splitRun({ bytes: bytes.subarray(5), offsets: run.offsets });
  expect(packets.map((packet) => packet.readUInt16BE(6))).toEqual([0xfffe, 0xffff, 0]);
  expect(packets.map((packet) => packet[1])).toEqual([4, 4, 4]);
  expect(packets.map((packet) => packet.readUInt32BE(8))).toEqual(Array(3).fill(0xfedcba98));
  expect(packets.map((packet) => packet.readUInt32BE(12))).toEqual(Array(3).fill(0x12345678));
  expect(packets.map((packet) => packet[5]! >> 7)).toEqual([0, 0, 1]);
});
