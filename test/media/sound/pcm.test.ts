import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALAW_TO_PCM, G711Depacketiser, g711Format, ULAW_TO_PCM } from '../../../src/media/sound/g711.ts';
import { type G726CodeBits, G726Decoder } from '../../../src/media/sound/g726.ts';
import { G726Depacketiser } from '../../../src/media/sound/g726-depacketiser.ts';
import { L16Depacketiser, l16Format } from '../../../src/media/sound/l16.ts';
import { seededRandom } from '../../seeded.ts';
import { rtpPacket } from '../rtp/rtp-packets.ts';
import { hear } from './sound-packets.ts';

const packetsOf = (payloads: readonly Buffer[], ticks = 160) =>
  payloads.map((payload, sequence) => rtpPacket({ sequence, timestamp: sequence * ticks, payload }));

describe('G.711', () => {
  it('passes packets of any length on, one unit each', () => {
    const packets = packetsOf([160, 1, 333].map((length, i) => Buffer.alloc(length, i)));
    const lost = rtpPacket({ sequence: 5, payload: Buffer.from('x') });
    const format = g711Format('pcma', 8000, 1);
    const { units, formats } = hear((sink) => new G711Depacketiser(format, sink), [...packets, lost]);
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
  });
});

describe('linear PCM', () => {
  const pcm = (payloads: readonly Buffer[], channels: number, isLittleEndian: boolean) =>
    hear(
      (sink) => new L16Depacketiser(l16Format(16_000, channels), isLittleEndian, sink),
      packetsOf(payloads),
    ).units.map(({ data }) => data.toString('hex'));

  it('stays as it came when the most significant byte is first', () => {
    expect(pcm([Buffer.from('0102fffe', 'hex')], 1, false)).toEqual(['0102fffe']);
  });

  it('is turned round when the least significant byte is first', () => {
    expect(pcm([Buffer.from('0201feff', 'hex')], 1, true)).toEqual(['0102fffe']);
  });

  it('loses what is less than a sample of each channel', () => {
    expect(pcm([Buffer.from('010203', 'hex'), Buffer.from('01', 'hex')], 1, true)).toEqual(['0201']);
    expect(pcm([Buffer.from('010203040506', 'hex')], 2, false)).toEqual(['01020304']);
  });
});

/** SHA-256 of the samples, little-endian, as spandsp 0.0.6 decodes them: an implementation that has nothing to do with this one. */
const TONES: [G726CodeBits, string][] = [
  [2, 'e9f34b63e4a70ba944114b623f3946db800d07557abafd7247748a805d008662'],
  [3, '4929b0221c8db9fbe6fe9a696a29fbd4a25c770d9a61f28929eb2bc8ac7ff3f9'],
  [4, '636edab99e0fcd25834154cef190bb0a680e89e10f28c9576da704d135d694d3'],
  [5, 'cf097bb4ce03c5a36d031e3ad10f38d3b6ea4ccd41899b4d4c1bf9e2da5f24c8'],
];
const RANDOM_CODES: [G726CodeBits, number, string][] = [
  [2, 4, 'd1b5b8bd62c4ff934b138b7c8d3d591b7fef01250ee3a36cd42548c09a7d97d0'],
  [3, 6, '36f3035b7439c0d91b59e396df92997b0de1a01b7456cbc81c450dce7bcd54d9'],
  [4, 5, '9ee34de1dcf898090c199cf2ec0febdd381e72ee0e3ef3b209f59e6852f48ae5'],
  [5, 5, '6927ac61b60f3daef65141b78177c3ec74d82ad76e0ff55450f45a1a438a20a9'],
];

describe('G.726', () => {
  const decode = (codeBits: G726CodeBits, isFirstCodeHigh: boolean, packets: readonly Buffer[]) =>
    hear((sink) => new G726Depacketiser({ clockRate: 8000, codeBits, isFirstCodeHigh }, sink), packets);
  const tones = (codeBits: G726CodeBits, order: 'low' | 'high') =>
    readFileSync(
      join(import.meta.dirname, `../../fixtures/spandsp-g726-${codeBits * 8}-tones-first-code-${order}.g726`),
    );
  /** 20 ms a packet. */
  const cut = (bytes: Buffer, codeBits: number) => {
    const size = codeBits * 20;
    return Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  };
  const hashOf = (units: readonly { data: Buffer }[]) =>
    createHash('sha256')
      .update(Buffer.concat(units.map(({ data }) => data)).swap16())
      .digest('hex');

  it.each(TONES)(
    'of %i bits a sample is decoded as the recommendation wants it, in both orders of packing',
    (bits, hash) => {
      for (const order of ['low', 'high'] as const) {
        const { units, formats } = decode(bits, order === 'high', packetsOf(cut(tones(bits, order), bits)));
        expect(units.map(({ data }) => data.length)).toEqual(new Array(40).fill(320));
        expect(hashOf(units)).toBe(hash);
        const source = `${order === 'high' ? 'AAL2-' : ''}G726-${bits * 8}`;
        expect(formats).toMatchObject([{ codec: 'l16', codecString: 'twos', clockRate: 8000, channels: 1, source }]);
      }
    },
  );

  it.each(RANDOM_CODES)(
    'of %i bits is decoded as the recommendation wants it: codes that no encoder would send',
    (bits, seed, hash) => {
      const random = seededRandom(seed * 10 + bits);
      const half = 1 << (bits - 1);
      const decoder = new G726Decoder(bits);
      const samples = Buffer.alloc(16_000);
      for (let i = 0; i < 8000; i++) {
        const isLoud = random() < 0.15;
        const magnitude = Math.floor(random() * (isLoud ? half : Math.max(1, half * 0.6)));
        const code = random() < 0.5 ? ~magnitude & (2 * half - 1) : magnitude;
        samples.writeInt16LE(decoder.decode(code), i * 2);
      }
      expect(createHash('sha256').update(samples).digest('hex')).toBe(hash);
    },
  );

  it('that is too loud is cut off, not turned round', () => {
    const decoder = new G726Decoder(4);
    const samples = Array.from({ length: 4000 }, (_, i) => decoder.decode((i / 40) & 1 ? 8 : 7));
    expect([Math.max(...samples), Math.min(...samples)]).toEqual([32_764, -32_768]);
  });

  it('sounds as before soon after a packet was lost, and begins anew after half a second', () => {
    const packets = packetsOf(cut(tones(4, 'low'), 4));
    const whole = decode(4, false, packets).units;
    const after = decode(4, false, [...packets.slice(0, 10), ...packets.slice(11)]).units;
    expect(after[10]).toMatchObject({ rtpTime: 11 * 160, isAfterLoss: true });
    expect(noise(after.slice(20), whole.slice(21))).toBeLessThan(0.01);

    const late = decode(4, false, [...packets.slice(0, 3), ...packets.slice(30)]).units;
    const anew = decode(4, false, packets.slice(30)).units;
    expect(late.slice(3).map(({ data }) => data)).toEqual(anew.map(({ data }) => data));
  });

  it('takes any bytes of any length', () => {
    const bits = fc.constantFrom<G726CodeBits>(2, 3, 4, 5);
    fc.assert(
      fc.property(
        bits,
        fc.boolean(),
        fc.array(fc.uint8Array({ maxLength: 50 })),
        (codeBits, isFirstCodeHigh, payloads) => {
          const packets = packetsOf(payloads.map((bytes) => Buffer.from(bytes)));
          const { units } = decode(codeBits, isFirstCodeHigh, packets);
          const whole = payloads.map((bytes) => Math.floor((bytes.length * 8) / codeBits)).filter((count) => count > 0);
          expect(units.map(({ data }) => data.length / 2)).toEqual(whole);
        },
      ),
    );
  });
});

/** Power of the difference, as a share of the power of the sound. */
function noise(units: readonly { data: Buffer }[], reference: readonly { data: Buffer }[]): number {
  const [a, b] = [units, reference].map((list) => Buffer.concat(list.map(({ data }) => data)));
  let [difference, power] = [0, 0];
  for (let i = 0; i < a!.length; i += 2) {
    difference += (a!.readInt16BE(i) - b!.readInt16BE(i)) ** 2;
    power += b!.readInt16BE(i) ** 2;
  }
  return difference / power;
}
