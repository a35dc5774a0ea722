import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/base/errors.ts';
import { AacDepacketiser, type AacPayloadOptions } from '../../src/media/aac.ts';
import { aacConfigFromAdts, parseAacConfig } from '../../src/media/aac-config.ts';
import type { AccessUnit, AudioFormat } from '../../src/media/access-unit.ts';
import { ALAW_TO_PCM, decodeG711, G711Depacketiser, g711Format, ULAW_TO_PCM } from '../../src/media/g711.ts';
import { type Depacketiser, RtpReceiver } from '../../src/media/rtp-receiver.ts';
import { rtpPacket } from './rtp-packets.ts';

interface Received {
  formats: AudioFormat[];
  units: AccessUnit[];
}

function receive(
  make: (sink: { onAudioFormat(f: AudioFormat): void; onAudioUnit(u: AccessUnit): void }) => Depacketiser,
  packets: Buffer[],
): Received {
  const received: Received = { formats: [], units: [] };
  const receiver = new RtpReceiver(
    96,
    make({
      onAudioFormat: (format) => received.formats.push(format),
      onAudioUnit: (unit) => received.units.push(unit),
    }),
  );
  for (const packet of packets) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, 5);
    copy.fill(0xaa);
  }
  return received;
}

const HBR: AacPayloadOptions = {
  clockRate: 16_000,
  channels: 1,
  config: Buffer.from('1408', 'hex'),
  sizeLength: 13,
  indexLength: 3,
  indexDeltaLength: 3,
};
const aac = (packets: Buffer[], options: Partial<AacPayloadOptions> = {}) =>
  receive((sink) => new AacDepacketiser({ ...HBR, ...options }, sink), packets);

/** A payload with the given frame sizes in its headers. */
function hbr(sizes: number[], ...frames: Buffer[]): Buffer {
  const headers = sizes.flatMap((size) => [(size << 3) >> 8, (size << 3) & 0xff]);
  return Buffer.concat([Buffer.from([0, sizes.length * 16, ...headers]), ...frames]);
}

const [A, B] = [Buffer.from('210a4f00112233', 'hex'), Buffer.from('210b4f0011', 'hex')];
const adts = (frame: Buffer) => Buffer.concat([Buffer.from([0xff, 0xf1, 0x60, 0x40, 0x01, 0xff, 0xfc]), frame]);

describe('AAC', () => {
  const cases: [string, Buffer[], { time: number; data: Buffer }[]][] = [
    ['one frame a packet', [rtpPacket({ timestamp: 7, payload: hbr([A.length], A) })], [{ time: 7, data: A }]],
    [
      'two frames in a packet, 1024 ticks apart',
      [rtpPacket({ timestamp: 7, payload: hbr([A.length, B.length], A, B) })],
      [
        { time: 7, data: A },
        { time: 1031, data: B },
      ],
    ],
    [
      'a frame in fragments',
      [A.subarray(0, 4), A.subarray(4)].map((part, i) =>
        rtpPacket({ sequence: i, timestamp: 7, marker: i === 1, payload: hbr([A.length], part) }),
      ),
      [{ time: 7, data: A }],
    ],
    [
      'an ADTS header inside is removed',
      [rtpPacket({ payload: hbr([A.length + 7], adts(A)) })],
      [{ time: 0, data: A }],
    ],
    [
      'a fragment is missing',
      [
        rtpPacket({ sequence: 0, payload: hbr([A.length], A.subarray(0, 4)) }),
        rtpPacket({ sequence: 2, timestamp: 1024, payload: hbr([B.length], B) }),
      ],
      [{ time: 1024, data: B }],
    ],
    [
      'a size beyond the packet, behind a good frame',
      [rtpPacket({ payload: hbr([A.length, 900], A, B) })],
      [{ time: 0, data: A }],
    ],
    ['an empty payload', [rtpPacket({ payload: Buffer.alloc(0) })], []],
  ];
  it.each(cases)('%s', (_, packets, expected) => {
    expect(aac(packets).units.map((unit) => ({ time: unit.rtpTime, data: unit.data }))).toEqual(expected);
  });

  it('announces what the configuration says before the first unit', () => {
    expect(aac([rtpPacket({ payload: hbr([A.length], A) })]).formats).toEqual([
      { kind: 'audio', codec: 'aac', codecString: 'mp4a.40.2', clockRate: 16_000, channels: 1, config: HBR.config },
    ]);
  });

  it('learns a missing configuration from ADTS', () => {
    const { formats, units } = aac([rtpPacket({ payload: hbr([A.length + 7], adts(A)) })], { config: undefined });
    expect(formats[0]).toMatchObject({ codecString: 'mp4a.40.2', channels: 1, config: Buffer.from('1408', 'hex') });
    expect(units).toHaveLength(1);
  });

  it('takes the short headers of AAC-lbr', () => {
    const payload = Buffer.concat([Buffer.from([0, 8, A.length << 2]), A]);
    const lengths = { sizeLength: 6, indexLength: 2, indexDeltaLength: 2 };
    expect(aac([rtpPacket({ payload })], lengths).units.map((unit) => unit.data)).toEqual([A]);
  });

  const configs: [string, string, object][] = [
    ['LC, 16 kHz, mono', '1408', { objectType: 2, sampleRate: 16_000, channels: 1, samplesPerFrame: 1024 }],
    ['LC, 48 kHz, stereo', '1190', { objectType: 2, sampleRate: 48_000, channels: 2, samplesPerFrame: 1024 }],
    ['LC, short frames', '140c', { sampleRate: 16_000, samplesPerFrame: 960 }],
    ['HE-AAC, 24 kHz doubled', '2b0988', { objectType: 5, sampleRate: 24_000 }],
    ['a rate of its own', '17800fa008', { sampleRate: 8000 }],
  ];
  it.each(configs)('configuration: %s', (_, hex, expected) => {
    expect(parseAacConfig(Buffer.from(hex, 'hex'))).toMatchObject(expected);
  });

  it('says the same in a configuration as in ADTS', () => {
    expect(aacConfigFromAdts(adts(A))).toEqual(Buffer.from('1408', 'hex'));
  });

  it('survives any payloads and configurations', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 }),
        fc.uint8Array({ maxLength: 6 }),
        fc.nat(16),
        fc.nat(16),
        (payloads, config, sizeLength, indexLength) => {
          const packets = payloads.map((payload, sequence) => rtpPacket({ sequence, payload: Buffer.from(payload) }));
          aac(packets, { config: Buffer.from(config), sizeLength, indexLength, indexDeltaLength: indexLength });
          try {
            parseAacConfig(Buffer.from(config));
          } catch (error) {
            expect(isAppError(error, 'corrupt')).toBe(true);
          }
        },
      ),
    );
  });
});

describe('G.711', () => {
  it('passes packets of any length on, one unit each', () => {
    const packets = [160, 1, 333].map((length, sequence) =>
      rtpPacket({ sequence, timestamp: sequence * 160, payload: Buffer.alloc(length, sequence) }),
    );
    const { units, formats } = receive(
      (sink) => new G711Depacketiser(g711Format('pcma', 8000, 1), sink),
      [...packets, rtpPacket({ sequence: 5, payload: Buffer.from('x') })],
    );
    expect(units.map((unit) => [unit.data.length, unit.rtpTime, unit.isAfterLoss])).toEqual([
      [160, 0, false],
      [1, 160, false],
      [333, 320, false],
      [1, 0, true],
    ]);
    expect(formats).toMatchObject([{ codec: 'pcma', codecString: 'alaw', clockRate: 8000 }]);
  });

  it('has the extreme and smallest values of the standard', () => {
    expect([0x00, 0x7f, 0x80, 0xff].map((code) => ULAW_TO_PCM[code])).toEqual([-32_124, 0, 32_124, 0]);
    expect([0x2a, 0xaa, 0x55, 0xd5].map((code) => ALAW_TO_PCM[code])).toEqual([-32_256, 32_256, -8, 8]);
    expect([...decodeG711('pcmu', Buffer.from([0x00, 0xff]))]).toEqual([-32_124, 0]);
  });
});
