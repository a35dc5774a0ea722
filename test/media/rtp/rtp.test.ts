import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket, readRtpPacket, TimestampUnwrapper } from '../../../src/media/rtp/rtp.ts';
import { type Depacketiser, RtpReceiver, type RtpReceiverOptions } from '../../../src/media/rtp/rtp-receiver.ts';
import { rtpPacket } from './rtp-packets.ts';

function payloadOf(bytes: Buffer): string | undefined {
  const packet = new RtpPacket();
  if (!readRtpPacket(bytes, 0, bytes.length, packet)) return undefined;
  return bytes.subarray(packet.payloadStart, packet.payloadEnd).toString('hex');
}

describe('RTP header', () => {
  const fixed = '80600001000000020000000a';
  const cases: [string, string, string | undefined][] = [
    ['a plain packet', `${fixed}c0ffee`, 'c0ffee'],
    ['an empty payload', fixed, ''],
    ['two contributing sources', `82600001000000020000000a${'00'.repeat(8)}c0ffee`, 'c0ffee'],
    ['an extension of one word', `90600001000000020000000abede000111223344c0ffee`, 'c0ffee'],
    ['padding of three bytes', 'a0600001000000020000000ac0ffee000003', 'c0ffee'],
    ['too short for a header', fixed.slice(2), undefined],
    ['version 1', `40600001000000020000000ac0`, undefined],
    ['an extension that exceeds the packet', `90600001000000020000000abede0009c0ff`, undefined],
    ['padding that exceeds the packet', 'a0600001000000020000000aff', undefined],
    ['more sources than bytes', `8f600001000000020000000ac0ffee`, undefined],
  ];
  it.each(cases)('%s', (_, hex, payload) => {
    expect(payloadOf(Buffer.from(hex, 'hex'))).toBe(payload);
  });

  it('reads every field', () => {
    const packet = new RtpPacket();
    const bytes = rtpPacket({
      payloadType: 97,
      sequence: 65_535,
      timestamp: 0xfedcba98,
      ssrc: 0x89abcdef,
      marker: true,
      payload: Buffer.alloc(1),
    });
    expect(readRtpPacket(bytes, 0, bytes.length, packet)).toBe(true);
    expect(packet).toMatchObject({
      payloadType: 97,
      sequence: 65_535,
      timestamp: 0xfedcba98,
      ssrc: 0x89abcdef,
      hasMarker: true,
    });
  });
});

describe('timestamps', () => {
  const cases: [string, number[], number[]][] = [
    ['go on', [10, 20], [10, 20]],
    ['wrap', [0xffffff00, 0x100], [0xffffff00, 0x1_0000_0100]],
    ['wrap and go back, as B-frames do', [0xffffff00, 0x100, 0xffffff80], [0xffffff00, 0x1_0000_0100, 0xffffff80]],
    ['may go below zero', [5, 0xfffffffb], [5, -5]],
  ];
  it.each(cases)('%s', (_, timestamps, expected) => {
    const unwrapper = new TimestampUnwrapper();
    expect(timestamps.map((timestamp) => unwrapper.push(timestamp))).toEqual(expected);
  });

  it('keep differences of less than half the range, for any start', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.array(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
        (start, steps) => {
          const unwrapper = new TimestampUnwrapper();
          let expected = unwrapper.push(start);
          for (const step of steps) {
            expected += step;
            expect(unwrapper.push(((expected % 2 ** 32) + 2 ** 32) % 2 ** 32)).toBe(expected);
          }
        },
      ),
    );
  });
});

describe('receiver', () => {
  function receive(packets: Buffer[], options: RtpReceiverOptions = {}): { seen: string[]; receiver: RtpReceiver } {
    const seen: string[] = [];
    const depacketiser: Depacketiser = {
      push: (bytes, packet, rtpTime, isAfterGap) => {
        const payload = bytes.toString('latin1', packet.payloadStart, packet.payloadEnd);
        seen.push(`${payload}@${rtpTime}${isAfterGap ? ' after gap' : ''}`);
      },
    };
    const receiver = new RtpReceiver(96, depacketiser, options);
    for (const bytes of packets) receiver.receive(bytes, 0, bytes.length, 0);
    return { seen, receiver };
  }
  const packet = (sequence: number, text: string, more: { ssrc?: number; payloadType?: number } = {}) =>
    rtpPacket({ sequence, timestamp: sequence, payload: Buffer.from(text), ...more });

  it('passes on what is in order and says where packets are missing', () => {
    expect(receive([packet(1, 'a'), packet(2, 'b'), packet(4, 'd')]).seen).toEqual(['a@1', 'b@2', 'd@4 after gap']);
  });

  it('drops packets of unknown payload types and what is no RTP', () => {
    const { seen, receiver } = receive([packet(1, 'a'), packet(2, 'x', { payloadType: 50 }), Buffer.from('??')]);
    expect(seen).toEqual(['a@1']);
    expect(receiver.packetsIgnored).toBe(2);
  });

  it("drops packets of another viewer's session", () => {
    expect(receive([packet(1, 'a'), packet(900, 'x', { ssrc: 9 }), packet(2, 'b')]).seen).toEqual(['a@1', 'b@2']);
  });

  it('knows its sender by the SSRC of SETUP, but does not insist when nobody uses it', () => {
    expect(receive([packet(1, 'a', { ssrc: 77 }), packet(2, 'b', { ssrc: 77 })], { ssrc: 5 }).seen).toEqual([
      'a@1',
      'b@2',
    ]);
  });

  it('does not take who was heard before there was a session for its sender, as long as another one comes', () => {
    const suspects = new Set([9]);
    const packets = [packet(900, 'x', { ssrc: 9 }), packet(1, 'a'), packet(901, 'x', { ssrc: 9 }), packet(2, 'b')];
    expect(receive(packets, { suspects }).seen).toEqual(['a@1', 'b@2']);
  });

  it('but takes it when nobody else comes, or when SETUP named it', () => {
    const suspects = new Set([9]);
    const packets = Array.from({ length: 70 }, (_, i) => packet(i, 'n', { ssrc: 9 }));
    expect(receive(packets, { suspects }).seen).toHaveLength(70 - 63);
    expect(receive(packets, { suspects, ssrc: 9 }).seen).toHaveLength(70);
  });

  describe('of datagrams', () => {
    const datagrams = { clockRate: 90_000 };

    it('puts packets into order', () => {
      const { seen, receiver } = receive([packet(1, 'a'), packet(3, 'c'), packet(2, 'b'), packet(4, 'd')], {
        datagrams,
      });
      expect(seen).toEqual(['a@1', 'b@2', 'c@3', 'd@4']);
      expect(receiver.reception).toMatchObject({ ssrc: 0x1234, sent: 4, lost: 0, highestSequence: 4 });
    });

    it('takes any bytes at any time without an exception', () => {
      const header = fc
        .tuple(fc.nat(3), fc.nat(65_535), fc.nat(2))
        .map(([step, timestamp, ssrc]) => ({ step, timestamp, ssrc }));
      const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
      fc.assert(
        fc.property(fc.nat(65_535), fc.array(fc.tuple(header, noise, fc.boolean())), (first, parts) => {
          let sequence = first;
          const packets = parts.map(([{ step, timestamp, ssrc }, bytes, isNoise]) => {
            sequence += step - 1;
            return isNoise ? bytes : rtpPacket({ sequence, timestamp, ssrc, payload: bytes });
          });
          const { receiver } = receive(packets, { datagrams });
          receiver.flush();
          expect(receiver.packetsReceived + receiver.packetsIgnored).toBe(packets.length);
        }),
      );
    });

    it('hands on what waits when no more packets come', () => {
      const { seen, receiver } = receive([packet(1, 'a'), packet(3, 'c')], { datagrams });
      expect(seen).toEqual(['a@1']);
      receiver.flush();
      expect(seen).toEqual(['a@1', 'c@3 after gap']);
      expect(receiver.sequence.packetsLost).toBe(1);
    });

    it('hands on what waits when another sender takes over', () => {
      const restarted = Array.from({ length: 64 }, (_, i) => packet(i + 500, 'n', { ssrc: 9 }));
      const { seen } = receive([packet(1, 'a'), packet(3, 'c'), ...restarted], { datagrams });
      expect(seen).toEqual(['a@1', 'c@3 after gap', 'n@563 after gap']);
    });
  });

  it('follows an encoder that restarted under a new SSRC', () => {
    const restarted = Array.from({ length: 70 }, (_, i) => packet(i + 500, 'n', { ssrc: 9 }));
    const { seen } = receive([packet(1, 'a'), ...restarted]);
    expect(seen[0]).toBe('a@1');
    expect(seen[1]).toMatch(/after gap$/);
    expect(seen).toHaveLength(1 + 70 - 63);
  });
});
