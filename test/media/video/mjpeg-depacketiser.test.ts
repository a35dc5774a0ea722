import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_ACCESS_UNIT_BYTES } from '../../../src/media/arena.ts';
import { readJpegSize } from '../../../src/media/video/mjpeg-header.ts';
import { missingTool } from '../../archive/real-footage.ts';
import { decodedJpegs, type JpegParts, type JpegSending, jpegPackets, makeJpegs, splitJpeg } from './jpeg-packets.ts';
import { receiveJpeg } from './video-units.ts';

if (missingTool !== undefined) process.stdout.write(`JPEG over RTP is not tested: ${missingTool} is not installed\n`);

const SIZES = { small: { width: 72, height: 48 }, large: { width: 2592, height: 1952 } };

describe.skipIf(missingTool !== undefined)('JPEG over RTP', () => {
  let files: Buffer[];
  let parts: JpegParts[];

  beforeAll(() => {
    files = makeJpegs({ ...SIZES.small, count: 3 });
    parts = files.map(splitJpeg);
  });

  /** Packets of the pictures, one every 3600 ticks. */
  const sent = (pictures: readonly JpegParts[], sending: (index: number) => Partial<JpegSending> = () => ({})) => {
    let sequence = 65_530;
    return pictures.map((picture, i) => {
      const packets = jpegPackets(picture, { time: i * 3600, ...sending(i) }, sequence);
      sequence += packets.length;
      return packets;
    });
  };

  it.each([1400, 300, 150, 142])('gives the files that were sent, in packets of %i bytes', (maxBytes) => {
    const { units, formats, framesDropped } = receiveJpeg(sent(parts, () => ({ maxBytes })).flat());
    expect(units.map((unit) => splitJpeg(unit.data).data)).toEqual(parts.map((one) => one.data));
    expect(decodedJpegs(units.map((unit) => unit.data))).toEqual(decodedJpegs(files));
    expect(units.map((unit) => [unit.rtpTime, unit.isKey, unit.isAfterLoss])).toEqual(
      [0, 3600, 7200].map((time) => [time, true, false]),
    );
    expect(formats).toEqual([expect.objectContaining({ codec: 'mjpeg', codecString: 'mp4v.6C', ...SIZES.small })]);
    expect(framesDropped).toBe(0);
  });

  it('knows restart intervals', () => {
    const source = makeJpegs({ width: 160, height: 128, count: 2, slices: 4 });
    const split = source.map(splitJpeg);
    expect(split[0]!.restartInterval).toBeGreaterThan(0);
    const { units } = receiveJpeg(sent(split).flat());
    expect(decodedJpegs(units.map((unit) => unit.data))).toEqual(decodedJpegs(source));
  });

  it('knows the other way of thinning out colour (4:2:2)', () => {
    const source = readFileSync(new URL('../../fixtures/gstreamer-72x48-422.jpg', import.meta.url));
    const { units } = receiveJpeg(sent([splitJpeg(source)]).flat());
    expect(units[0]!.data.includes(Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 48, 0, 72, 3, 1, 0x21]))).toBe(true);
    expect(decodedJpegs([units[0]!.data])).toEqual(decodedJpegs([source]));
  });

  it('computes the tables of a Q from 1 to 99 as others do', () => {
    // Values of libjpeg 6b for the first coefficients of both tables.
    const firstOf = (q: number) => {
      const { units } = receiveJpeg(sent(parts.slice(0, 1), () => ({ q })).flat());
      const { tables } = splitJpeg(units[0]!.data);
      return [[...tables.subarray(0, 4)], [...tables.subarray(64, 68)]];
    };
    expect(firstOf(50)).toEqual([
      [16, 11, 12, 14],
      [17, 18, 18, 24],
    ]);
    expect(firstOf(75)).toEqual([
      [8, 6, 6, 7],
      [9, 9, 9, 12],
    ]);
    expect(firstOf(5)).toEqual([
      [160, 110, 120, 140],
      [170, 180, 180, 240],
    ]);
    expect(firstOf(99)).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    // Reserved values are clamped.
    expect(firstOf(100)).toEqual(firstOf(99));
    expect(firstOf(0)).toEqual(firstOf(1));
  });

  it('keeps the tables of a Q from 128 to 254 for pictures that leave them out', () => {
    const none = Buffer.alloc(0);
    const { units, framesMalformed } = receiveJpeg(
      sent([parts[0]!, parts[1]!, parts[2]!, parts[0]!], (i) =>
        i === 3 ? { q: 201, tables: none } : { q: 200, ...(i > 0 && { tables: none }) },
      ).flat(),
    );
    expect(decodedJpegs(units.map((unit) => unit.data))).toEqual(decodedJpegs(files));
    expect(framesMalformed).toBe(1); // of Q 201 nothing is known
  });

  it('follows a change of tables or of the size', () => {
    const others = makeJpegs({ width: 96, height: 64, count: 1 }).map(splitJpeg);
    const coarse = { ...parts[1]!, tables: Buffer.alloc(128, 40) };
    const { units, order, formats } = receiveJpeg(sent([parts[0]!, coarse, others[0]!, parts[2]!]).flat());
    expect(order).toEqual(['format', 'key', 'key', 'format', 'key', 'format', 'key']);
    expect(formats.map((format) => format.width)).toEqual([72, 96, 72]);
    expect(splitJpeg(units[1]!.data).tables).toEqual(coarse.tables);
    expect(splitJpeg(units[3]!.data).tables).toEqual(parts[2]!.tables);
  });

  const large: [string, Partial<JpegSending>, { width: number; height: number } | undefined][] = [
    ['the SDP where the header has 0 (Dahua)', { width: 0, height: 0 }, SIZES.large],
    ['the SDP where the header has what is left in a byte', { width: 2592 - 2048, height: 1952 }, SIZES.large],
    ['the SDP where it knows the last block better', { width: 2592, height: 1952 }, { width: 544, height: 1948 }],
  ];
  it.each(large)('takes the size from %s', (_, { width, height }, said) => {
    const size = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
    const { formats, units } = receiveJpeg(sent(parts.slice(0, 1), () => size).flat(), said);
    expect(formats[0]).toMatchObject(said!);
    expect(readJpegSize(units[0]!.data)).toEqual(said);
  });

  it('takes the size, and tables, from an ONVIF header extension', () => {
    const [file] = makeJpegs({ ...SIZES.large, count: 1 });
    const picture = splitJpeg(file!);
    const pick = (...markers: number[]) =>
      Buffer.concat(picture.segments.filter((one) => markers.includes(one.marker)).map((one) => one.bytes));
    const unknown = { width: 0, height: 0 };
    for (const extension of [pick(0xc0), pick(0xc0, 0xda), pick(0xdb, 0xc4, 0xc0)]) {
      const { units, formats } = receiveJpeg(sent([picture, picture], () => ({ ...unknown, extension })).flat());
      expect(formats).toEqual([expect.objectContaining(SIZES.large)]);
      expect(decodedJpegs(units.map((unit) => unit.data))).toEqual(decodedJpegs([file!, file!]));
    }
    // Once it was said, a picture without it is taken to be as large as the one before.
    const rest = receiveJpeg(
      sent([picture, picture], (i) => ({ ...unknown, ...(i === 0 && { extension: pick(0xc0) }) })).flat(),
    );
    expect(rest.units).toHaveLength(2);
  });

  it('delivers nothing while the size is unknown', () => {
    const { units, formats } = receiveJpeg(sent(parts, () => ({ width: 0, height: 0 })).flat());
    expect([units, formats]).toEqual([[], []]);
  });

  it('takes whole files that were left in the payload', () => {
    const whole = files.map((file, i) => ({ ...parts[i]!, data: file }));
    const { units } = receiveJpeg(sent(whole, () => ({ maxBytes: 200, width: 0, height: 0 })).flat());
    expect(units.map((unit) => unit.data)).toEqual(files);
  });

  it('ends a picture where the timestamp changes when the marker is never set', () => {
    const { units } = receiveJpeg(sent(parts, (i) => ({ hasMarker: i === 2 })).flat());
    expect(units.map((unit) => unit.rtpTime)).toEqual([0, 3600, 7200]);
  });

  it('tells pictures of the same timestamp apart, with and without the marker', () => {
    for (const hasMarker of [true, false]) {
      const packets = sent(parts, (i) => ({ time: 0, hasMarker: hasMarker || i === 2 })).flat();
      expect(receiveJpeg(packets).units.map((unit) => splitJpeg(unit.data).data)).toEqual(parts.map((one) => one.data));
    }
  });

  it('adds the end of the image where the camera leaves it out', () => {
    const open = { ...parts[0]!, data: parts[0]!.data.subarray(0, -2) };
    expect(splitJpeg(receiveJpeg(sent([open]).flat()).units[0]!.data).data).toEqual(parts[0]!.data);
  });

  describe('loss', () => {
    const lose = (picture: number, packet: number) => {
      const packets = sent([...parts, parts[0]!], () => ({ maxBytes: 300 }));
      packets[picture]!.splice(packet, 1);
      const { units, framesIncomplete, framesMalformed } = receiveJpeg(packets.flat());
      return { times: units.map((unit) => unit.rtpTime / 3600), framesIncomplete, framesMalformed };
    };
    it.each([
      ['first', 0],
      ['second', 1],
      ['last', -1],
    ])('of the %s packet costs its picture and no other', (_, packet) => {
      expect(lose(1, packet)).toEqual({ times: [0, 2, 3], framesIncomplete: 1, framesMalformed: 0 });
    });

    it('in front of the first whole picture is not counted', () => {
      expect(lose(0, 0)).toEqual({ times: [1, 2, 3], framesIncomplete: 0, framesMalformed: 0 });
    });

    it('of a whole picture is one', () => {
      const packets = sent(parts);
      packets[1] = [];
      expect(receiveJpeg(packets.flat()).framesIncomplete).toBe(1);
    });

    it('within the camera, without a missing packet, is told by the offset', () => {
      const packets = sent(parts, () => ({ maxBytes: 300 }));
      packets[1]!.splice(1, 1);
      const renumbered = packets.flat().map((packet, i) => {
        const copy = Buffer.from(packet);
        copy.writeUInt16BE(i, 2);
        return copy;
      });
      const { units, framesMalformed } = receiveJpeg(renumbered);
      expect(units.map((unit) => unit.rtpTime / 3600)).toEqual([0, 2]);
      expect(framesMalformed).toBe(1);
    });
  });

  it('gives up a picture beyond 8 MiB, and goes on', () => {
    const huge = { ...parts[1]!, data: Buffer.alloc(MAX_ACCESS_UNIT_BYTES, 7) };
    const { units, framesMalformed } = receiveJpeg(
      sent([parts[0]!, huge, parts[2]!], () => ({ maxBytes: 60_000 })).flat(),
    );
    expect(units.map((unit) => unit.rtpTime)).toEqual([0, 7200]);
    expect(framesMalformed).toBe(1);
  });

  it('passes over types that are reserved', () => {
    const packets = sent(parts);
    for (const packet of packets[1]!) packet[12 + 4] = 5;
    for (const packet of packets[2]!) packet[12 + 4] = 200;
    const { units, framesMalformed } = receiveJpeg(packets.flat());
    expect([units.length, framesMalformed]).toEqual([1, 2]);
  });
});
