import { describe, expect, test } from 'vitest';
import type { ClipSound, SoundCodec } from '../clip-sound.ts';
import { parseRtp } from '../depacketise.ts';
import { INTERLEAVED_HEADER_BYTES, splitRun } from './packets.ts';
import { packSound, streamMuxConfig } from './sound-payload.ts';

/** AAC-LC, 16 kHz, one channel. */
const CONFIG = Buffer.from([0x14, 0x08]);

describe('a frame of AAC', () => {
  test.each([
    [100, 1],
    [2_000, 2],
  ])('in LATM has its length of %i bytes in front, in steps of 255, and goes into %i packets', (bytes, packets) => {
    const payloads = payloadsOf('aac-latm', Buffer.alloc(bytes, 7));
    expect(payloads.length).toBe(packets);
    const whole = Buffer.concat(payloads.map(({ payload }) => payload));
    let length = 0;
    let at = 0;
    do length += whole[at]!;
    while (whole[at++] === 255);
    expect([length, whole.length - at]).toEqual([bytes, bytes]);
    expect(payloads.map(({ hasMarker }) => hasMarker)).toEqual([...Array(packets - 1).fill(false), true]);
  });

  test('in ADTS has the header of a file, whose length covers both', () => {
    const { payload } = payloadsOf('aac-adts', Buffer.alloc(100, 7))[0]!;
    const adts = payload.subarray(4);
    expect(adts.readUInt16BE(0) >> 4).toBe(0xfff);
    expect(((adts[3]! & 3) << 11) | (adts[4]! << 3) | (adts[5]! >> 5)).toBe(107);
    expect([adts[2]! >> 6, (adts[2]! >> 2) & 15]).toEqual([1, 8]); // LC, 16 kHz
    expect(payload.readUInt16BE(2) >> 3).toBe(107);
  });

  test('has a StreamMuxConfig around its own configuration: that of 48 kHz and two channels as cameras send it', () => {
    expect(streamMuxConfig(Buffer.from([0x11, 0x90])).toString('hex')).toBe('400023203fc0');
  });
});

test('sound without frames has no marker', () => {
  expect(payloadsOf('l16', Buffer.alloc(640)).map(({ hasMarker }) => hasMarker)).toEqual([false]);
});

function payloadsOf(codec: SoundCodec, data: Buffer) {
  const sound: ClipSound = { codec, clockRate: 16_000, channels: 1, config: CONFIG, packets: [], loopTicks: 0 };
  return splitRun(packSound(data, sound)).map((packet) => parseRtp(packet.subarray(INTERLEAVED_HEADER_BYTES)));
}
