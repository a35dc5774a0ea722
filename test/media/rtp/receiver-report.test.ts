import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitterMeter } from '../../../src/media/rtp/jitter.ts';
import {
  encodeReceiverReport,
  ReceptionReporter,
  type ReceptionState,
} from '../../../src/media/rtp/receiver-report.ts';
import { readRtcp, type SenderReport } from '../../../src/media/rtp/rtcp.ts';

const STATE: ReceptionState = { ssrc: 7, sent: 0, lost: 0, highestSequence: 0, jitter: 0 };

function senderReportRead(ssrc: number, ntpMiddle: number): SenderReport {
  return {
    kind: 'sender-report',
    ...{ ssrc, ntpMiddle, ntpUtcMs: 0, rtpTimestamp: 0, packetCount: 0, payloadBytes: 0, blocks: [] },
  };
}

describe('a receiver report', () => {
  it('is a compound of a report and a name', () => {
    const block = {
      ssrc: 7,
      fractionLost: 255,
      packetsLost: 0x7fffff,
      highestSequence: 0xffffffff,
      jitter: 90,
      lastSenderReport: 0xfedcba98,
      delaySinceLastSenderReport: 65_536,
    };
    const bytes = encodeReceiverReport(0x89abcdef, 'holdfast', [block]);
    expect(readRtcp(bytes, 0, bytes.length)).toEqual([
      { kind: 'receiver-report', ssrc: 0x89abcdef, blocks: [block] },
      { kind: 'source-description', sources: [{ ssrc: 0x89abcdef, cname: 'holdfast' }] },
    ]);
  });

  it('is of whole words and ends its name with a zero, whatever the length of the name', () => {
    for (const cname of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) {
      const bytes = encodeReceiverReport(1, cname, []);
      expect(bytes.length % 4).toBe(0);
      expect(bytes.at(-1)).toBe(0);
      expect(readRtcp(bytes, 0, bytes.length)[1]).toMatchObject({ sources: [{ cname }] });
      expect(bytes.readUInt16BE(2) * 4 + 4 + bytes.readUInt16BE(10) * 4 + 4).toBe(bytes.length);
    }
  });

  it('tells the loss since the report before, and since the beginning', () => {
    const reporter = new ReceptionReporter();
    const states = [
      { sent: 100, lost: 25 },
      { sent: 200, lost: 25 },
      { sent: 300, lost: 75 },
      { sent: 400, lost: 70 }, // some of them came late
      { sent: 400, lost: 70 },
    ];
    const blocks = states.map((state) => reporter.next({ ...STATE, ...state }, 0));
    expect(blocks.map((block) => block.fractionLost)).toEqual([64, 0, 128, 0, 0]);
    expect(blocks.map((block) => block.packetsLost)).toEqual([25, 25, 75, 70, 70]);
  });

  it('begins anew with a sender that has restarted, or with another one', () => {
    const reporter = new ReceptionReporter();
    reporter.next({ ...STATE, sent: 1000, lost: 500 }, 0);
    expect(reporter.next({ ...STATE, sent: 100, lost: 50 }, 0)).toMatchObject({ fractionLost: 128, packetsLost: 50 });
    expect(reporter.next({ ...STATE, ssrc: 8, sent: 200, lost: 0 }, 0)).toMatchObject({ ssrc: 8, fractionLost: 0 });
  });

  it('names the last sender report and how long ago it came', () => {
    const reporter = new ReceptionReporter();
    const named = (nowMs: number, ssrc = 7) => {
      const { lastSenderReport, delaySinceLastSenderReport } = reporter.next({ ...STATE, ssrc }, nowMs);
      return [lastSenderReport, delaySinceLastSenderReport];
    };
    reporter.noteSenderReport(senderReportRead(9, 1), 0); // of another sender
    expect(named(100)).toEqual([0, 0]);
    reporter.noteSenderReport(senderReportRead(7, 0xabcd1234), 1000);
    expect(named(3500)).toEqual([0xabcd1234, 2.5 * 65_536]);
    expect(named(4000, 8)).toEqual([0, 0]);
  });

  it('fits its fields, whatever was counted', () => {
    const count = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(count, count, fc.nat(0xffffffff), fc.nat(2 ** 31), count, (sent, lost, ssrc, jitter, nowMs) => {
        const reporter = new ReceptionReporter();
        reporter.noteSenderReport(senderReportRead(ssrc, 1), 0);
        const block = reporter.next({ ssrc, sent, lost, highestSequence: sent % 2 ** 32, jitter }, nowMs);
        expect(readRtcp(encodeReceiverReport(1, 'x', [block]), 0, 32)).toMatchObject([{ blocks: [block] }]);
      }),
    );
  });
});

describe('jitter', () => {
  it('is nothing for packets that come as evenly as they were sent', () => {
    const meter = new JitterMeter(90_000);
    for (let i = 0; i < 100; i++) meter.push((0xfffff000 + i * 3600) % 2 ** 32, i * 40);
    expect(meter.ticks).toBe(0);
  });

  it('approaches the mean difference of transit times', () => {
    const meter = new JitterMeter(8000);
    for (let i = 0; i < 1000; i++) meter.push(i * 160, i * 20 + (i % 2) * 5);
    expect(meter.ticks).toBeGreaterThanOrEqual(39);
    expect(meter.ticks).toBeLessThanOrEqual(40);
  });
});
