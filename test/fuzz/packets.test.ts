import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { readRtcp } from '../../src/media/rtp/rtcp.ts';
import { RtpPacket, readRtpPacket } from '../../src/media/rtp/rtp.ts';
import { RtpReceiver } from '../../src/media/rtp/rtp-receiver.ts';
import { goodbye, rtcpPacket, senderReport, sourceDescription, words } from '../media/rtp/rtcp-packets.ts';
import { rtpPacket } from '../media/rtp/rtp-packets.ts';
import { fuzz } from './support/fuzz.ts';
import { anyBytes, damaged } from './support/mutations.ts';

const plain = anyBytes(30).map((payload) => rtpPacket({ sequence: 7, timestamp: 9, marker: true, payload }));
/** With contributing sources, an extension or padding, whose lengths are what can go wrong. */
const withParts = fc
  .tuple(fc.nat(3), fc.nat(4), fc.nat(6), anyBytes(30))
  .map(([sources, extensionWords, padding, payload]) => {
    const bytes = Buffer.concat([
      rtpPacket({ payload: Buffer.alloc(4 * sources) }),
      Buffer.from([0xbe, 0xde, 0, extensionWords]),
      Buffer.alloc(4 * extensionWords, 1),
      payload,
      ...(padding > 0 ? [Buffer.alloc(padding - 1), Buffer.from([padding])] : []),
    ]);
    bytes[0] = 0x90 | sources | (padding > 0 ? 0x20 : 0);
    return bytes;
  });

describe('RTP', () => {
  fuzz('RTP header', damaged(fc.oneof(plain, withParts, anyBytes(40))), (bytes) => {
    // Among other bytes, as packets stand in a socket's buffer.
    const around = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(5, 0xff)]);
    const [start, end] = [5, 5 + bytes.length];
    const packet = new RtpPacket();
    if (!readRtpPacket(around, start, end, packet)) return false;
    expect(packet.payloadStart).toBeGreaterThanOrEqual(start + 12);
    expect(packet.payloadStart).toBeLessThanOrEqual(packet.payloadEnd);
    expect(packet.payloadEnd).toBeLessThanOrEqual(end);
    if (packet.extensionStart > 0) {
      expect(packet.extensionStart + 4).toBeLessThanOrEqual(packet.extensionEnd);
      expect(packet.extensionEnd).toBeLessThanOrEqual(packet.payloadStart);
    }
    return true;
  });

  const step = fc.record({
    sequence: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -3, max: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom(-200, 600, 4000, 30_000) },
    ),
    waitMs: fc.constantFrom(0, 0, 0, 1, 50, 300),
    size: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(60_000) }),
    ssrc: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
  });
  fuzz('RTP receiver', fc.tuple(fc.array(step, { maxLength: 60 }), fc.boolean()), ([steps, areDatagrams]) => {
    let [sequence, nowMs, delivered] = [65_530, 0, 0];
    const depacketiser = {
      push: (_bytes: Buffer, _packet: RtpPacket, rtpTime: number) => {
        delivered++;
        expect(Number.isSafeInteger(rtpTime)).toBe(true);
      },
    };
    const receiver = new RtpReceiver(96, depacketiser, areDatagrams ? { datagrams: { clockRate: 90_000 } } : {});
    for (const { sequence: ahead, waitMs, size, ssrc } of steps) {
      sequence += ahead;
      nowMs += waitMs;
      const deliveredBefore = delivered;
      const bytes = rtpPacket({ sequence, timestamp: sequence * 3600, ssrc, payload: Buffer.alloc(size) });
      receiver.receive(bytes, 0, bytes.length, nowMs);
      if (!areDatagrams) expect(delivered - deliveredBefore).toBeLessThanOrEqual(1);
    }
    receiver.flush();
    expect(receiver.deadlineMs).toBeUndefined();
    expect(receiver.packetsReceived + receiver.packetsIgnored).toBe(steps.length);
    expect(delivered).toBeLessThanOrEqual(receiver.packetsReceived);
    for (const count of [
      receiver.sequence.packetsLost,
      receiver.sequence.packetsLate,
      receiver.sequence.lost,
      receiver.sequence.sent,
    ]) {
      expect(count).toBeGreaterThanOrEqual(0);
    }
    return delivered > 1;
  });
});

describe('RTCP', () => {
  const report = fc
    .record({
      ssrc: fc.nat(0xffffffff),
      timestamp: fc.nat(0xffffffff),
      ntpSeconds: fc.constantFrom(0, 1, 0xe9000000, 0xffffffff),
    })
    .map(senderReport);
  const blocks = fc
    .tuple(fc.constantFrom(200, 201), fc.nat(3), fc.nat(20))
    .map(([type, count, more]) => rtcpPacket(type, count, words(...Array<number>(6 * count + more).fill(0xfffffffe))));
  const description = fc
    .tuple(fc.constantFrom('cam', '', 'x'.repeat(250)), fc.boolean())
    .map(([name, hasEnd]) => sourceDescription(5, name, hasEnd));
  const leaving = fc.array(fc.nat(9), { maxLength: 31 }).map((ssrcs) => goodbye(...ssrcs));
  const good = fc.oneof(report, blocks, description, leaving);
  const one = fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: damaged(good) });
  fuzz(
    'RTCP',
    fc.array(fc.oneof({ weight: 6, arbitrary: one }, { weight: 1, arbitrary: anyBytes(20) }), { maxLength: 40 }),
    (parts) => {
      const bytes = Buffer.concat(parts);
      const packets = readRtcp(bytes, 0, bytes.length);
      expect(packets.length).toBeLessThanOrEqual(Math.min(32, bytes.length / 4));
      for (const packet of packets) {
        const list =
          packet.kind === 'sender-report' || packet.kind === 'receiver-report'
            ? packet.blocks
            : packet.kind === 'goodbye'
              ? packet.ssrcs
              : [];
        expect(list.length).toBeLessThanOrEqual(31);
      }
      return packets.length > 1;
    },
  );
});
