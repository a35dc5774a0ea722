import { describe, expect, it } from 'vitest';
import { isRtcpType, type RtcpPacket, readRtcp } from '../../../src/media/rtp/rtcp.ts';
import { goodbye, rtcpPacket, senderReport, sourceDescription, words } from './rtcp-packets.ts';

function read(bytes: Buffer): RtcpPacket[] {
  return readRtcp(bytes, 0, bytes.length);
}

const REPORT = senderReport({ ssrc: 7, timestamp: 900, packetCount: 5, payloadBytes: 6000 });
const REPORT_READ = {
  kind: 'sender-report',
  ssrc: 7,
  ntpUtcMs: Date.UTC(2023, 10, 16, 2, 42, 8, 500),
  ntpMiddle: 0x00008000,
  rtpTimestamp: 900,
  packetCount: 5,
  payloadBytes: 6000,
  blocks: [],
};
/** One report block: 3 of 256 lost, one packet more than was sent, first wrap. */
const BLOCK = words(0xaa, 0x03ffffff, 0x10005, 12, 0x5678, 0x10000);
const BLOCK_READ = {
  ssrc: 0xaa,
  fractionLost: 3,
  packetsLost: -1,
  highestSequence: 0x10005,
  jitter: 12,
  lastSenderReport: 0x5678,
  delaySinceLastSenderReport: 0x10000,
};

describe('RTCP', () => {
  const cases: [string, Buffer, object[]][] = [
    ['a sender report', REPORT, [REPORT_READ]],
    [
      'a compound: sender report, description, goodbye',
      Buffer.concat([REPORT, sourceDescription(7, 'cam'), goodbye(7, 8)]),
      [
        REPORT_READ,
        { kind: 'source-description', sources: [{ ssrc: 7, cname: 'cam' }] },
        { kind: 'goodbye', ssrcs: [7, 8] },
      ],
    ],
    [
      'a receiver report with a block',
      rtcpPacket(201, 1, Buffer.concat([words(9), BLOCK])),
      [{ kind: 'receiver-report', ssrc: 9, blocks: [BLOCK_READ] }],
    ],
    [
      'fewer blocks than the count says',
      rtcpPacket(201, 5, Buffer.concat([words(9), BLOCK])),
      [{ kind: 'receiver-report', ssrc: 9, blocks: [BLOCK_READ] }],
    ],
    [
      'a description without an end mark',
      Buffer.concat([sourceDescription(7, 'abcdef', false), REPORT]),
      [{ kind: 'source-description', sources: [{ ssrc: 7, cname: 'abcdef' }] }, REPORT_READ],
    ],
    [
      'a description of two sources',
      rtcpPacket(202, 2, Buffer.from('00000007010161000000000801026162000000000000', 'hex')),
      [
        {
          kind: 'source-description',
          sources: [
            { ssrc: 7, cname: 'a' },
            { ssrc: 8, cname: 'ab' },
          ],
        },
      ],
    ],
    [
      'a description whose item exceeds it',
      rtcpPacket(202, 1, Buffer.from('0000000701ff6162', 'hex')),
      [{ kind: 'source-description', sources: [{ ssrc: 7, cname: 'ab' }] }],
    ],
    [
      'an application packet',
      rtcpPacket(204, 0, Buffer.concat([words(7), Buffer.from('TPLK'), words(1)])),
      [{ kind: 'application', ssrc: 7, name: 'TPLK' }],
    ],
    [
      'feedback (RFC 4585), which is passed over',
      Buffer.concat([rtcpPacket(205, 1, words(1, 2)), REPORT]),
      [REPORT_READ],
    ],
    [
      'a compound that does not begin with a report',
      Buffer.concat([goodbye(1), REPORT]),
      [{ kind: 'goodbye', ssrcs: [1] }, REPORT_READ],
    ],
    ['a sender report that is cut off', REPORT.subarray(0, 20), []],
    ['a length beyond the end', Buffer.concat([Buffer.from([0x80, 200, 0, 90]), REPORT.subarray(4)]), [REPORT_READ]],
    ['version 1', Buffer.concat([Buffer.from([0x40]), REPORT.subarray(1)]), []],
    ['a goodbye to nobody', goodbye(), [{ kind: 'goodbye', ssrcs: [] }]],
    ['a few bytes', Buffer.from([0x80, 200, 0]), []],
    ['nothing', Buffer.alloc(0), []],
  ];
  it.each(cases)('%s', (_, bytes, expected) => {
    expect(read(bytes)).toEqual(expected);
  });

  const clocks: [string, number, number, number | undefined][] = [
    ['before 2036', 0xe9000000, 0, Date.UTC(2023, 10, 16, 2, 42, 8)],
    ['after 2036, where the seconds have begun anew', 0x00000010, 0, Date.UTC(2036, 1, 7, 6, 28, 32)],
    ['no wall clock at all', 0, 0, undefined],
    ['a fraction alone', 0xe9000000, 0x40000000, Date.UTC(2023, 10, 16, 2, 42, 8, 250)],
  ];
  it.each(clocks)('wall time: %s', (_, ntpSeconds, ntpFraction, ntpUtcMs) => {
    expect(read(senderReport({ ntpSeconds, ntpFraction }))).toMatchObject([{ ntpUtcMs }]);
  });

  it('reads what lies between the given bounds, and nothing else', () => {
    const bytes = Buffer.concat([Buffer.alloc(3, 0xff), REPORT, goodbye(1)]);
    expect(readRtcp(bytes, 3, 3 + REPORT.length)).toEqual([REPORT_READ]);
  });

  it('cut anywhere: the packets before the cut, and no exception', () => {
    const compound = Buffer.concat([REPORT, sourceDescription(7, 'camera'), goodbye(7)]);
    for (let end = 0; end <= compound.length; end++) {
      const packets = read(compound.subarray(0, end));
      expect(packets[0]).toEqual(end < REPORT.length ? packets[0] : REPORT_READ);
      expect(packets.length).toBeLessThanOrEqual(3);
    }
  });

  it('is told from RTP by its second byte', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => i);
    expect(bytes.filter(isRtcpType)).toEqual([200, 201, 202, 203, 204, 205, 206, 207]);
    expect([96, 0x80 | 96, 0x80 | 26, 0x80, 8].some(isRtcpType)).toBe(false);
  });
});
