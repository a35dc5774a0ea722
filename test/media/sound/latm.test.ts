import { describe, expect, it } from 'vitest';
import { BitWriter } from '../../../src/media/bit-writer.ts';
import { LatmDepacketiser, type LatmPayloadOptions } from '../../../src/media/sound/latm.ts';
import { parseLatmConfig } from '../../../src/media/sound/latm-config.ts';
import { rtpPacket } from '../rtp/rtp-packets.ts';
import { everyCut, hear, inParts, timesAndData } from './sound-packets.ts';

interface ConfigFields {
  version?: number;
  /** AudioSpecificConfig, and how many of its bits are meant. */
  aac?: Buffer;
  aacBits?: number;
  frames?: number;
  programs?: number;
  otherBits?: number;
  fixedBytes?: number;
  hasChecksum?: boolean;
}

/** ISO/IEC 14496-3 §1.7.3.1, written as it is read there. */
function writeConfig(writer: BitWriter, fields: ConfigFields = {}): void {
  const { version = 0, aac = LC_MONO_16, aacBits = 16, frames = 1, programs = 1, otherBits = 0, fixedBytes } = fields;
  writer.bits(version, 1);
  if (version === 1) {
    writer.bits(0, 1); // audioMuxVersionA
    writer.bits(0, 2 + 8); // taraBufferFullness
  }
  writer.bits(1, 1); // allStreamsSameTimeFraming
  writer.bits(frames - 1, 6);
  writer.bits(programs - 1, 4);
  writer.bits(0, 3); // one layer
  if (version === 1) writer.bits((1 << 16) | aacBits, 2 + 16); // ascLen in two bytes
  for (let bit = 0; bit < aacBits; bit++) writer.bits(aac[bit >> 3]! >> (7 - (bit & 7)), 1);
  if (fixedBytes === undefined) writer.bits(0xff, 3 + 8);
  else writer.bits((1 << 9) | (fixedBytes - 20), 3 + 9);
  writer.bits(otherBits > 0 ? 1 : 0, 1);
  if (otherBits > 0) writer.bits(otherBits, version === 1 ? 2 + 8 : 1 + 8);
  writer.bits(fields.hasChecksum ? 1 : 0, 1);
  if (fields.hasChecksum) writer.bits(0xa5, 8);
}

const LC_MONO_16 = Buffer.from('1408', 'hex');
const A = Buffer.from('210a4f00112233', 'hex');
const B = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7) & 0xff));

function config(fields?: ConfigFields): Buffer {
  const writer = new BitWriter(32);
  writeConfig(writer, fields);
  return Buffer.from(writer.bytes());
}

/** Each frame behind its length. */
function writeFrames(writer: BitWriter, frames: readonly Buffer[], hasLengths = true): void {
  for (const frame of frames) {
    for (let left = frame.length; hasLengths && left >= 0; left -= 255) writer.bits(Math.min(left, 255), 8);
    for (const byte of frame) writer.bits(byte, 8);
  }
}

/** An element whose stream has its configuration elsewhere. */
function plain(...frames: readonly Buffer[]): Buffer {
  const writer = new BitWriter(32);
  writeFrames(writer, frames);
  return Buffer.from(writer.bytes());
}

/** An element with its configuration, or with the word that it is the same as before. */
function inBand(fields: ConfigFields | 'same', ...frames: readonly Buffer[]): Buffer {
  const writer = new BitWriter(32);
  writer.bits(fields === 'same' ? 1 : 0, 1);
  if (fields !== 'same') writeConfig(writer, fields);
  writeFrames(writer, frames, fields === 'same' || fields.fixedBytes === undefined);
  if (fields !== 'same') writer.bits(0, fields.otherBits ?? 0);
  return Buffer.from(writer.bytes());
}

const OUTSIDE: LatmPayloadOptions = { clockRate: 16_000, channels: 1, config: config(), isConfigInBand: false };
const INSIDE: LatmPayloadOptions = { clockRate: 16_000, channels: 1, config: undefined, isConfigInBand: true };
const latm = (options: LatmPayloadOptions, packets: readonly Buffer[]) =>
  hear((sink) => new LatmDepacketiser(options, sink), packets);
const marked = (payloads: readonly Buffer[], ticks = 1024) =>
  payloads.map((payload, i) => rtpPacket({ sequence: i, timestamp: i * ticks, marker: true, payload }));
const at = (time: number, data: Buffer) => ({ time, data: data.toString('hex') });

describe('AAC in LATM', () => {
  const cases: [string, LatmPayloadOptions, Buffer[], { time: number; data: string }[]][] = [
    ['one frame, configuration in the SDP', OUTSIDE, [plain(A), plain(B)], [at(0, A), at(1024, B)]],
    [
      'several frames in one element',
      { ...OUTSIDE, config: config({ frames: 2 }) },
      [plain(A, B)],
      [at(0, A), at(1024, B)],
    ],
    ['several elements in one packet', OUTSIDE, [Buffer.concat([plain(A), plain(B)])], [at(0, A), at(1024, B)]],
    ['zeros behind the element', OUTSIDE, [Buffer.concat([plain(A), Buffer.alloc(3)])], [at(0, A)]],
    ['configuration in the stream', INSIDE, [inBand({}, A), inBand('same', B)], [at(0, A), at(1024, B)]],
    ['configuration in each element', INSIDE, [inBand({}, A), inBand({}, B)], [at(0, A), at(1024, B)]],
    ['version 1, whose configurations say their length', INSIDE, [inBand({ version: 1 }, A)], [at(0, A)]],
    [
      'frames of a fixed length, other data and a checksum',
      INSIDE,
      [inBand({ fixedBytes: 20, otherBits: 9, hasChecksum: true }, B.subarray(0, 20))],
      [at(0, B.subarray(0, 20))],
    ],
    ['a frame of nothing', { ...OUTSIDE, config: config({ frames: 2 }) }, [plain(Buffer.alloc(0), A)], [at(1024, A)]],
    ['nothing before the first configuration', INSIDE, [inBand('same', A), inBand({}, B)], [at(1024, B)]],
    ['a frame that is longer than its packet', OUTSIDE, [plain(B).subarray(0, 100), plain(A)], [at(1024, A)]],
    ['an empty packet', OUTSIDE, [Buffer.alloc(0)], []],
  ];
  it.each(cases)('%s', (_, options, payloads, expected) => {
    expect(timesAndData(latm(options, marked(payloads)))).toEqual(expected);
  });

  it.each([
    ['in the SDP', OUTSIDE, plain(A, B)],
    ['in the stream', INSIDE, inBand({ frames: 2 }, A, B)],
  ])('takes an element in parts, wherever it is cut, configuration %s', (_, options, element) => {
    const of = { ...options, config: options.config && config({ frames: 2 }) };
    for (const parts of everyCut(element)) {
      const heard = latm(of, inParts(parts));
      expect(timesAndData(heard)).toEqual([at(0, A), at(1024, B)]);
      expect(heard.framesDropped).toBe(0);
    }
    const bytes = Array.from(element, (_byte, i) => element.subarray(i, i + 1));
    expect(timesAndData(latm(of, inParts(bytes)))).toEqual([at(0, A), at(1024, B)]);
  });

  it('needs no marker where the element says its length', () => {
    const packets = [plain(A), plain(B).subarray(0, 300), plain(B).subarray(300)].map((payload, sequence) =>
      rtpPacket({ sequence, timestamp: sequence === 0 ? 0 : 1024, payload }),
    );
    expect(timesAndData(latm(OUTSIDE, packets))).toEqual([at(0, A), at(1024, B)]);
  });

  it('drops an element whose part was lost', () => {
    const [first, , third] = [0, 200, 400].map((from) => plain(B).subarray(from, from + 200));
    const packets = [
      rtpPacket({ sequence: 0, payload: first! }),
      rtpPacket({ sequence: 2, marker: true, payload: third! }),
      rtpPacket({ sequence: 3, timestamp: 1024, marker: true, payload: plain(A) }),
    ];
    const heard = latm(OUTSIDE, packets);
    expect(timesAndData(heard)).toEqual([at(1024, A)]);
    expect(heard.units[0]?.isAfterLoss).toBe(true);
    expect(heard.framesDropped).toBe(1);
    // The same when it is the first part that was lost.
    const [rest, next] = packets.slice(1);
    expect(
      timesAndData(latm(OUTSIDE, [rtpPacket({ sequence: 0, timestamp: -1024, payload: plain(A) }), rest!, next!])),
    ).toEqual([at(-1024 + 2 ** 32, A), at(1024 + 2 ** 32, A)]);
  });

  it('guesses where the configuration is when the SDP has one and does not say that it is the only one', () => {
    const options = { ...OUTSIDE, isConfigInBand: undefined };
    expect(timesAndData(latm(options, marked([plain(A), plain(B)])))).toEqual([at(0, A), at(1024, B)]);
    expect(timesAndData(latm(options, marked([inBand({}, A), inBand('same', B)])))).toEqual([at(0, A), at(1024, B)]);
  });

  it('takes a configuration that ends behind the one of AAC, as GStreamer writes it', () => {
    expect(parseLatmConfig(Buffer.from('40002310', 'hex'))).toMatchObject({
      aac: Buffer.from('1188', 'hex'), // AAC-LC, 48 kHz, one channel
      frames: 1,
      fixedBytes: 0,
      otherBits: 0,
    });
  });

  it('has the format of its AAC, at the clock of the stream', () => {
    const { formats, units } = latm(
      { ...OUTSIDE, clockRate: 90_000, config: config({ frames: 2 }) },
      marked([plain(A, B)]),
    );
    expect(formats).toMatchObject([{ codec: 'aac', codecString: 'mp4a.40.2', clockRate: 90_000, channels: 1 }]);
    expect(formats[0]?.config.toString('hex')).toBe('1408');
    expect(units.map(({ rtpTime }) => rtpTime)).toEqual([0, 5760]);
  });

  it('announces HE-AAC, and a configuration that changes', () => {
    const he = { aac: Buffer.from('2b098800', 'hex'), aacBits: 25 };
    const { events } = latm(INSIDE, marked([inBand({}, A), inBand('same', A), inBand(he, B), inBand({}, A)]));
    const seen = events.map((event) => ('codec' in event ? event.codecString : 'unit'));
    expect(seen).toEqual(['mp4a.40.2', 'unit', 'unit', 'mp4a.40.5', 'unit', 'mp4a.40.2', 'unit']);
  });

  it.each([
    ['two programs', config({ programs: 2 })],
    ['more bytes than a file has room for', config({ version: 1, aac: Buffer.alloc(100), aacBits: 800 })],
    ['a type that is not AAC', config({ aac: Buffer.from('4408', 'hex') })],
    ['half of itself', config().subarray(0, 3)],
    ['nothing', Buffer.alloc(0)],
  ])('refuses a configuration of %s', (_, bytes) => {
    expect(() => parseLatmConfig(bytes)).toThrow(/LATM|AAC/);
  });

  it('does not gather more than an element can be', () => {
    const packets = Array.from({ length: 200 }, (_, sequence) =>
      rtpPacket({ sequence, payload: Buffer.alloc(1000, 255) }),
    );
    const { units, framesDropped } = latm(OUTSIDE, packets);
    expect(units).toEqual([]);
    expect(framesDropped).toBeGreaterThan(4);
  });
});
