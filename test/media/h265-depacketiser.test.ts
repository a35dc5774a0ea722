import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { splitAtStartCodes } from '../../src/media/annex-b.ts';
import { h265Payloads, lengthPrefixed, rtpPacket } from './rtp-packets.ts';
import { receiveVideo } from './video-units.ts';

const nals = splitAtStartCodes(readFileSync(new URL('../fixtures/x265-70x50-bframes.h265', import.meta.url)));
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
    ['nothing as long as the VPS is missing', [[SPS, PPS, IDR], [TRAIL_N]], []],
  ];
  it.each(cases)('%s', (_, frames, expected) => {
    const packets = packetsOf(frames.map((payloads, i) => ({ payloads, time: i * 3600 })));
    const { units } = receiveVideo('h265', packets);
    expect(units.map((unit) => unit.data.toString('hex'))).toEqual(expected.map((data) => data.toString('hex')));
  });
});
