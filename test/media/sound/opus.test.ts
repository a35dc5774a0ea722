import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpusDepacketiser } from '../../../src/media/sound/opus.ts';
import { rtpPacket } from '../rtp/rtp-packets.ts';
import { hear, timesAndData } from './sound-packets.ts';

const opus = (packets: readonly Buffer[], channels = 1) =>
  hear((sink) => new OpusDepacketiser(channels, sink), packets);
const packetsOf = (...payloads: readonly string[]) =>
  payloads.map((hex, i) => rtpPacket({ sequence: i, timestamp: i * 960, payload: Buffer.from(hex, 'hex') }));

describe('Opus', () => {
  it('is passed on packet by packet, at 48 kHz', () => {
    const heard = opus(packetsOf('78010203', '7804'));
    expect(timesAndData(heard)).toEqual([
      { time: 0, data: '78010203' },
      { time: 960, data: '7804' },
    ]);
    expect(heard.formats).toMatchObject([{ codec: 'opus', codecString: 'opus', clockRate: 48_000, channels: 1 }]);
  });

  it('of silence is one byte, or nothing', () => {
    expect(timesAndData(opus(packetsOf('78', '', '7801')))).toEqual([
      { time: 0, data: '78' },
      { time: 1920, data: '7801' },
    ]);
  });

  it('is stereo as soon as a packet is, and stays so', () => {
    const { events } = opus(packetsOf('7801', '7c01', '7801'));
    const seen = events.map((event) => ('codec' in event ? `${event.channels} channels` : 'unit'));
    expect(seen).toEqual(['1 channels', 'unit', '2 channels', 'unit', 'unit']);
  });

  it('is stereo from the start where the camera says so', () => {
    expect(opus(packetsOf('7801', '7c01'), 2).formats).toMatchObject([{ channels: 2 }]);
  });

  it('that would last longer than a packet can is dropped', () => {
    const { units, framesDropped } = opus(packetsOf('fb3f01', '7801'));
    expect({ units: units.length, framesDropped }).toEqual({ units: 1, framesDropped: 1 });
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 })), (payloads) => {
        const packets = payloads.map((bytes, sequence) => rtpPacket({ sequence, payload: Buffer.from(bytes) }));
        const { units, framesDropped } = opus(packets);
        const empty = payloads.filter(({ length }) => length === 0).length;
        expect(units.length + framesDropped + empty).toBe(payloads.length);
      }),
    );
  });
});
