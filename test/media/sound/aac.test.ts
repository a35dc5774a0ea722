import { describe, expect, it } from 'vitest';
import { AacDepacketiser, type AacPayloadOptions } from '../../../src/media/sound/aac.ts';
import { parseAacConfig } from '../../../src/media/sound/aac-config.ts';
import { rtpPacket } from '../rtp/rtp-packets.ts';
import { everyCut, hear, inParts, timesAndData } from './sound-packets.ts';

const HBR: AacPayloadOptions = {
  clockRate: 16_000,
  channels: 1,
  config: Buffer.from('1408', 'hex'),
  sizeLength: 13,
  indexLength: 3,
  indexDeltaLength: 3,
};
const NO_HEADERS = { sizeLength: 0, indexLength: 0, indexDeltaLength: 0 };
const aac = (packets: readonly Buffer[], options: Partial<AacPayloadOptions> = {}) =>
  hear((sink) => new AacDepacketiser({ ...HBR, ...options }, sink), packets);

/** A payload with the given frame sizes in its headers. */
function hbr(sizes: readonly number[], ...frames: readonly Buffer[]): Buffer {
  const headers = sizes.flatMap((size) => [(size << 3) >> 8, (size << 3) & 0xff]);
  return Buffer.concat([Buffer.from([0, sizes.length * 16, ...headers]), ...frames]);
}

interface AdtsFields {
  rateIndex?: number;
  channels?: number;
  objectType?: number;
  hasChecksum?: boolean;
  rawBlocks?: number;
  /** What the header says, where that is not the length. */
  statedBytes?: number;
}

/** As ISO/IEC 13818-7 has it: AAC-LC at 16 kHz in mono, where nothing else is said. */
function adts(frame: Buffer, fields: AdtsFields = {}): Buffer {
  const { rateIndex = 8, channels = 1, objectType = 2, hasChecksum = false, rawBlocks = 1 } = fields;
  const length = fields.statedBytes ?? frame.length + (hasChecksum ? 9 : 7);
  const header = Buffer.from([
    0xff,
    hasChecksum ? 0xf0 : 0xf1,
    ((objectType - 1) << 6) | (rateIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc | (rawBlocks - 1),
  ]);
  return Buffer.concat([header, Buffer.alloc(hasChecksum ? 2 : 0), frame]);
}

const [A, B] = [Buffer.from('210a4f00112233', 'hex'), Buffer.from('210b4f0011', 'hex')];
const AT_0 = { time: 0, data: A.toString('hex') };
const B_AT_1024 = { time: 1024, data: B.toString('hex') };

describe('AAC behind AU headers', () => {
  const cases: [string, Buffer[], { time: number; data: string }[]][] = [
    ['one frame a packet', [rtpPacket({ timestamp: 7, payload: hbr([A.length], A) })], [{ ...AT_0, time: 7 }]],
    [
      'two frames in a packet, 1024 ticks apart',
      [rtpPacket({ payload: hbr([A.length, B.length], A, B) })],
      [AT_0, B_AT_1024],
    ],
    [
      'a fragment is missing',
      [
        rtpPacket({ sequence: 0, payload: hbr([A.length], A.subarray(0, 4)) }),
        rtpPacket({ sequence: 2, timestamp: 1024, payload: hbr([B.length], B) }),
      ],
      [B_AT_1024],
    ],
    [
      'a frame that was never finished, and another of the same size',
      [
        rtpPacket({ sequence: 0, payload: hbr([B.length], A.subarray(0, 4)) }),
        rtpPacket({ sequence: 1, timestamp: 1024, payload: hbr([B.length], B) }),
      ],
      [B_AT_1024],
    ],
    ['a size beyond the packet, behind a good frame', [rtpPacket({ payload: hbr([A.length, 900], A, B) })], [AT_0]],
    ['bytes behind the last frame', [rtpPacket({ payload: hbr([A.length], A, Buffer.alloc(3)) })], [AT_0]],
    ['an empty payload', [rtpPacket({ payload: Buffer.alloc(0) })], []],
  ];
  it.each(cases)('%s', (_, packets, expected) => {
    expect(timesAndData(aac(packets))).toEqual(expected);
  });

  it('takes a frame in fragments, wherever it is cut', () => {
    for (const parts of everyCut(A)) {
      const heard = aac(inParts(parts.map((part) => hbr([A.length], part))));
      expect(timesAndData(heard)).toEqual([AT_0]);
      expect(heard.framesDropped).toBe(0);
    }
  });

  it('takes the short headers of AAC-lbr', () => {
    const payload = Buffer.concat([Buffer.from([0, 8, A.length << 2]), A]);
    const lengths = { sizeLength: 6, indexLength: 2, indexDeltaLength: 2 };
    expect(timesAndData(aac([rtpPacket({ payload })], lengths))).toEqual([AT_0]);
  });

  it('announces what the configuration says before the first unit', () => {
    const { events } = aac([rtpPacket({ payload: hbr([A.length], A) })]);
    const format = { codec: 'aac', codecString: 'mp4a.40.2', clockRate: 16_000, channels: 1, config: HBR.config };
    expect(events).toMatchObject([{ kind: 'audio', ...format }, { isKey: true }]);
  });

  it('takes frames without AU headers, where the description says that there are none', () => {
    for (const parts of everyCut(A)) expect(timesAndData(aac(inParts(parts), NO_HEADERS))).toEqual([AT_0]);
    const unmarked = [0, 1024].map((timestamp, sequence) => rtpPacket({ sequence, timestamp, payload: A }));
    expect(timesAndData(aac(unmarked, NO_HEADERS))).toEqual([AT_0]);
  });

  it('places the frames of HE-AAC by the doubled rate', () => {
    const options = { config: Buffer.from('2b098800', 'hex'), clockRate: 48_000, channels: 2 };
    const { units, formats } = aac([rtpPacket({ payload: hbr([A.length, B.length], A, B) })], options);
    expect(units.map((unit) => unit.rtpTime)).toEqual([0, 2048]);
    expect(formats).toMatchObject([{ codecString: 'mp4a.40.5' }]);
  });
});

describe('ADTS where raw AAC belongs', () => {
  const cases: [string, Buffer[], { time: number; data: string }[]][] = [
    ['with its header inside of the unit', [hbr([A.length + 7], adts(A))], [AT_0]],
    ['with a checksum', [hbr([A.length + 9], adts(A, { hasChecksum: true }))], [AT_0]],
    ['with a length that is wrong', [hbr([A.length + 7], adts(A, { statedBytes: 900 }))], [AT_0]],
    ['with a length of nothing', [hbr([A.length + 7], adts(A, { statedBytes: 0 }))], [AT_0]],
    ['the unit being too short by its header', [hbr([A.length], adts(A))], [AT_0]],
    ['the unit being longer than the packet', [hbr([900], adts(A))], [AT_0]],
    ['in each of two units', [hbr([A.length + 7, B.length + 7], adts(A), adts(B))], [AT_0, B_AT_1024]],
    ['twice in one unit', [hbr([A.length + B.length + 14], adts(A), adts(B))], [AT_0, B_AT_1024]],
    ['followed by zeros', [hbr([A.length + 10], adts(A), Buffer.alloc(3))], [AT_0]],
    ['alone, without AU headers', [adts(A)], [AT_0]],
    ['two of them without AU headers', [Buffer.concat([adts(A), adts(B)])], [AT_0, B_AT_1024]],
  ];
  it.each(cases)('%s', (_, payloads, expected) => {
    const packets = payloads.map((payload, sequence) => rtpPacket({ sequence, marker: true, payload }));
    expect(timesAndData(aac(packets))).toEqual(expected);
  });

  it('in fragments of one unit, wherever it is cut', () => {
    const unit = Buffer.concat([adts(A), adts(B)]);
    for (const parts of everyCut(unit)) {
      const heard = aac(inParts(parts.map((part) => hbr([unit.length], part))));
      expect(timesAndData(heard)).toEqual([AT_0, B_AT_1024]);
    }
  });

  it('without AU headers going on in the next packet, wherever it is cut behind the first header', () => {
    const stream = Buffer.concat([adts(A), adts(B), adts(A)]);
    for (const parts of everyCut(stream).slice(6)) {
      const heard = aac(inParts(parts));
      expect(timesAndData(heard)).toEqual([AT_0, B_AT_1024, { ...AT_0, time: 2048 }]);
      expect(heard.framesDropped).toBe(0);
    }
  });

  it('without AU headers, goes on with the next whole frame after a loss', () => {
    const [first, second] = [adts(A).subarray(0, 9), adts(A).subarray(9)];
    const packets = [
      rtpPacket({ sequence: 0, payload: first }),
      rtpPacket({ sequence: 2, timestamp: 1024, payload: second }),
      rtpPacket({ sequence: 3, timestamp: 1024, payload: adts(B) }),
    ];
    const heard = aac(packets);
    expect(timesAndData(heard)).toEqual([B_AT_1024]);
    expect(heard.units[0]?.isAfterLoss).toBe(true);
    expect(heard.framesDropped).toBe(1);
  });

  it('is left out where it holds several raw frames, which only a decoder can part', () => {
    const { units, framesDropped } = aac([rtpPacket({ payload: adts(A, { rawBlocks: 2 }) })]);
    expect({ units: units.length, framesDropped }).toEqual({ units: 0, framesDropped: 1 });
  });
});

describe('the configuration', () => {
  const bare = (...frames: readonly Buffer[]) => frames.map((payload, sequence) => rtpPacket({ sequence, payload }));
  const configs = (packets: readonly Buffer[], options: Partial<AacPayloadOptions> = {}) =>
    aac(packets, options).formats.map(({ config, channels }) => `${config.toString('hex')} ${channels}`);

  it('is learned from ADTS where the description has none, or nonsense', () => {
    const stereo48 = adts(A, { rateIndex: 3, channels: 2 });
    for (const config of [undefined, Buffer.from('ffff', 'hex'), Buffer.alloc(2)]) {
      expect(configs(bare(stereo48), { config, clockRate: 48_000 })).toEqual(['1190 2']);
    }
  });

  it('of ADTS is believed where it contradicts the description', () => {
    expect(configs(bare(adts(A, { channels: 2 })))).toEqual(['1410 2']);
    expect(configs(bare(adts(A, { rateIndex: 3 })))).toEqual(['1188 1']);
  });

  it('of the description stays where ADTS says the same about the core of HE-AAC', () => {
    const config = Buffer.from('2b098800', 'hex'); // HE-AAC: 24 kHz, doubled, mono
    expect(configs(bare(adts(A, { rateIndex: 6 })), { config, clockRate: 48_000 })).toEqual(['2b098800 1']);
  });

  it('that changes in mid-stream is announced before the unit that needs it', () => {
    const { events } = aac(bare(adts(A), adts(A), adts(B, { channels: 2 }), adts(A)));
    const seen = events.map((event) => ('codec' in event ? `format ${event.channels}` : 'unit'));
    expect(seen).toEqual(['format 1', 'unit', 'unit', 'format 2', 'unit', 'format 1', 'unit']);
  });

  it('that nobody says is taken for AAC-LC at the rate of the clock', () => {
    expect(configs([rtpPacket({ payload: hbr([A.length], A) })], { config: undefined })).toEqual(['1408 1']);
    const unknown = aac([rtpPacket({ payload: hbr([A.length], A) })], { config: undefined, clockRate: 90_000 });
    expect({ units: unknown.units.length, dropped: unknown.framesDropped }).toEqual({ units: 0, dropped: 1 });
  });

  const cases: [string, string, object][] = [
    ['LC, 16 kHz, mono', '1408', { objectType: 2, sampleRate: 16_000, channels: 1, samplesPerFrame: 1024 }],
    ['LC, 48 kHz, stereo', '1190', { objectType: 2, sampleRate: 48_000, channels: 2, samplesPerFrame: 1024 }],
    ['LC, short frames', '140c', { sampleRate: 16_000, samplesPerFrame: 960 }],
    ['HE-AAC, 24 kHz doubled', '2b0988', { objectType: 5, coreType: 2, sampleRate: 24_000 }],
    ['a rate of its own', '17800fa008', { sampleRate: 8000 }],
  ];
  it.each([
    ['of no type', '0008'],
    ['of a reserved rate', '1688'],
    ['of one sample a second', '1780000088'],
    ['of sixteen million samples a second', '17ffffff88'],
    ['that ends early', '14'],
  ])('%s is none', (_, hex) => {
    expect(() => parseAacConfig(Buffer.from(hex, 'hex'))).toThrow(/AAC configuration/);
  });

  it.each(cases)('is read: %s', (_, hex, expected) => {
    expect(parseAacConfig(Buffer.from(hex, 'hex'))).toMatchObject(expected);
  });
});
