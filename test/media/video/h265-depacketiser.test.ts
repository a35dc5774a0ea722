import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { splitAtStartCodes } from '../../../src/media/video/annex-b.ts';
import { h265Payloads, lengthPrefixed, rtpPacket } from '../rtp/rtp-packets.ts';
import { paci } from './rare-payloads.ts';
import { receiveVideo } from './video-units.ts';

const nals = splitAtStartCodes(readFileSync(new URL('../../fixtures/x265-70x50-bframes.h265', import.meta.url)));
const typeOf = (nal: Buffer) => (nal[0]! >> 1) & 0x3f;
const first = (type: number) => nals.find((nal) => typeOf(nal) === type)!;
const [VPS, SPS, PPS] = [first(32), first(33), first(34)];
const IDR = nals.find((nal) => typeOf(nal) >= 16 && typeOf(nal) <= 21)!;
/** TRAIL_N: the type is 0, and the unit begins with a zero byte. */
const TRAIL_N = Buffer.from('0001d0112233445566778899', 'hex');
const SUFFIX_SEI = Buffer.from('5001ffee80', 'hex');

function packetsOf(frames: { payloads: Buffer[]; time: number }[]): Buffer[] {
  let sequence = 0;
  return frames.flatMap(({ payloads, time }) =>
    payloads.map((payload, i) =>
      rtpPacket({ sequence: sequence++, timestamp: time, marker: i === payloads.length - 1, payload }),
    ),
  );
}

function aggregate(...units: Buffer[]): Buffer {
  const parts = units.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 0xff]), nal]);
  return Buffer.concat([Buffer.from([48 << 1, 1]), ...parts]);
}

const KEY = lengthPrefixed(VPS, SPS, PPS, IDR);

describe('H.265 access units', () => {
  const cases: [string, Buffer[][], Buffer[]][] = [
    ['units of their own', [[VPS, SPS, PPS, IDR], [TRAIL_N]], [KEY, lengthPrefixed(TRAIL_N)]],
    ['an aggregation packet', [[aggregate(VPS, SPS, PPS), IDR]], [KEY]],
    [
      'fragmentation units',
      [[VPS, SPS, PPS, ...h265Payloads(IDR, 30)], h265Payloads(TRAIL_N, 7)],
      [KEY, lengthPrefixed(TRAIL_N)],
    ],
    [
      'a fragment with start and end at once (OpenIPC)',
      [[VPS, SPS, PPS, Buffer.concat([Buffer.from([49 << 1, IDR[1]!, 0xc0 | typeOf(IDR)]), IDR.subarray(2)])]],
      [KEY],
    ],
    [
      'information behind the slice stays with its picture',
      [[VPS, SPS, PPS, IDR, SUFFIX_SEI]],
      [lengthPrefixed(VPS, SPS, PPS, IDR, SUFFIX_SEI)],
    ],
    [
      'a start code in front',
      [[VPS, SPS, PPS, IDR].map((nal) => Buffer.concat([Buffer.from([0, 0, 0, 1]), nal]))],
      [KEY],
    ],
    ['a key frame without parameter sets gets the current ones', [[VPS, SPS, PPS, IDR], [IDR]], [KEY, KEY]],
    ['a unit in a PACI packet', [[VPS, SPS, PPS, paci(IDR)], [paci(TRAIL_N, 5)]], [KEY, lengthPrefixed(TRAIL_N)]],
    ['an aggregate in a PACI packet', [[paci(aggregate(VPS, SPS, PPS)), IDR]], [KEY]],
    [
      'fragments in PACI packets, whose other fields are ignored',
      [[VPS, SPS, PPS, ...h265Payloads(IDR, 30).map((payload, i) => paci(payload, i % 32))]],
      [KEY],
    ],
    [
      'a fragment whose reserved bits and temporal id are set',
      [[VPS, SPS, PPS, IDR], h265Payloads(Buffer.concat([Buffer.from([1 << 1, 3]), TRAIL_N.subarray(2)]), 7)],
      [KEY, lengthPrefixed(Buffer.concat([Buffer.from([1 << 1, 3]), TRAIL_N.subarray(2)]))],
    ],
    ['nothing as long as the VPS is missing', [[SPS, PPS, IDR], [TRAIL_N]], []],
  ];
  it.each(cases)('%s', (_, frames, expected) => {
    const packets = packetsOf(frames.map((payloads, i) => ({ payloads, time: i * 3600 })));
    const { units } = receiveVideo('h265', packets);
    expect(units.map((unit) => unit.data.toString('hex'))).toEqual(expected.map((data) => data.toString('hex')));
  });

  const cut: [string, Buffer][] = [
    ['an aggregate whose unit is longer than it', Buffer.from([48 << 1, 1, 0, 99, 2, 1, 0x80])],
    ['an aggregate within an aggregate', aggregate(aggregate(TRAIL_N))],
    ['a PACI packet without its fields', Buffer.from([50 << 1, 1, 0])],
    ['a PACI packet whose extension is longer than it', paci(TRAIL_N, 31).subarray(0, 20)],
    ['a PACI packet within a PACI packet', paci(paci(TRAIL_N))],
  ];
  it.each(cut)('%s costs its picture', (_, payload) => {
    const frames = [[VPS, SPS, PPS, IDR], [payload], [VPS, SPS, PPS, IDR]];
    const packets = packetsOf(frames.map((payloads, i) => ({ payloads, time: i * 3600 })));
    const received = receiveVideo('h265', packets);
    expect(received.units.map((unit) => unit.rtpTime)).toEqual([0, 7200]);
    expect(received).toMatchObject({ framesMalformed: 1, payloadsMalformed: 1 });
  });

  const numbered = (nal: Buffer) => Buffer.concat([nal.subarray(0, 2), Buffer.from([0, 9]), nal.subarray(2)]);
  it.each([
    ['in units of their own', [VPS, SPS, PPS, IDR].map(numbered)],
    ['in an aggregate', [numbered(aggregate(VPS, SPS, PPS)), numbered(IDR)]],
  ])('finds decoding order numbers that nobody announced, %s, and writes no garbage', (_, payloads) => {
    const received = receiveVideo('h265', packetsOf([0, 1, 2].map((i) => ({ payloads, time: i * 3600 }))));
    expect([...received.remarks]).toEqual(['decoding-order-numbers']);
    expect([received.units, received.formats]).toEqual([[], []]);
  });

  it('takes no VPS for decoding order numbers once something could be decoded, or where it is right', () => {
    const frames = [[VPS, SPS, PPS, IDR], [numbered(VPS)], [VPS, SPS, PPS, IDR]];
    const received = receiveVideo('h265', packetsOf(frames.map((payloads, i) => ({ payloads, time: i * 3600 }))));
    expect(received.remarks.size).toBe(0);
    expect(received.units).toHaveLength(2);
  });
});
