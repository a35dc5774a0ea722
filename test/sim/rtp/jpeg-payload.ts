import { ByteReader } from '../../../src/base/byte-reader.ts';
import { AppError } from '../../../src/base/errors.ts';

/** A JPEG file taken apart as RTP wants it (RFC 2435): what every packet's header says, the tables, and the compressed data. */
export interface JpegParts {
  /** 0 for 4:2:2, 1 for 4:2:0. */
  readonly sampling: number;
  readonly width: number;
  readonly height: number;
  readonly restartInterval: number;
  /** Of luminance and colour, 64 bytes each. */
  readonly tables: Buffer;
  /** Up to and with the end of the image. */
  readonly scan: Buffer;
}

const [SOF0, SOI, SOS, DQT, DRI] = [0xc0, 0xd8, 0xda, 0xdb, 0xdd];
const TABLE_BYTES = 64;
/** Sizes are in blocks of 8, one byte each. */
const BLOCK = 8;
const MAX_BLOCKS = 255;
/** Says that the tables are in the first packet (RFC 2435, 4.2). */
const TABLES_IN_BAND = 255;
/** Types from here on have a restart header (RFC 2435, 3.1.7). */
const RESTART_TYPES = 64;

/** Throws an AppError for JPEGs that RTP has no form for: progressive ones, other sampling, more than 2,040 pixels. */
export function takeJpegApart(file: Buffer): JpegParts {
  const reader = new ByteReader(file, 'JPEG');
  const tables = new Map<number, Buffer>();
  let frame: ReturnType<typeof readFrame> | undefined;
  let restartInterval = 0;
  if (reader.u16() !== 0xff00 + SOI) throw new AppError('corrupt', 'not a JPEG file');
  for (;;) {
    const marker = reader.u16() & 0xff;
    const segment = new ByteReader(reader.bytes(reader.u16() - 2), 'JPEG segment');
    if (marker === DQT) while (segment.remaining > TABLE_BYTES) tables.set(segment.u8(), segment.bytes(TABLE_BYTES));
    else if (marker === SOF0) frame = readFrame(segment);
    else if (marker === DRI) restartInterval = segment.u16();
    else if (marker === SOS) break;
  }
  if (!frame) refuse('is not of the baseline kind');
  const { tableIds, ...shape } = frame;
  const used = tableIds.map((id) => tables.get(id) ?? Buffer.alloc(TABLE_BYTES, 1));
  return { ...shape, restartInterval, tables: Buffer.concat(used), scan: reader.bytes(reader.remaining) };
}

function readFrame(segment: ByteReader) {
  segment.skip(1); // bits of a sample
  const [height, width] = [segment.u16(), segment.u16()];
  const components = Array.from({ length: segment.u8() }, () => ({
    id: segment.u8(),
    sampling: segment.u8(),
    tableId: segment.u8(),
  }));
  const [luminance, ...colours] = components.map(({ sampling }) => sampling);
  if (components.length !== 3 || colours.some((sampling) => sampling !== 0x11)) refuse('is not of three components');
  if (luminance !== 0x21 && luminance !== 0x22) refuse('is not sampled 4:2:0 or 4:2:2');
  if (width > BLOCK * MAX_BLOCKS || height > BLOCK * MAX_BLOCKS) refuse(`has ${width}x${height} pixels`);
  return {
    ...{ width, height },
    sampling: luminance === 0x22 ? 1 : 0,
    tableIds: components.slice(0, 2).map(({ tableId }) => tableId),
  };
}

function refuse(why: string): never {
  throw new AppError('bad-input', `a JPEG ${why}: it cannot go over RTP`);
}

/** Before the data at an offset: main header, restart header where there are restarts, and at the start the tables. */
export function jpegHeader(jpeg: JpegParts, offset: number): Buffer {
  const { sampling, width, height, restartInterval, tables } = jpeg;
  const main = Buffer.alloc(8);
  main.writeUInt32BE(offset);
  main[4] = sampling + (restartInterval > 0 ? RESTART_TYPES : 0);
  main[5] = TABLES_IN_BAND;
  main[6] = Math.ceil(width / BLOCK);
  main[7] = Math.ceil(height / BLOCK);
  const restart = Buffer.alloc(restartInterval > 0 ? 4 : 0);
  if (restart.length > 0) restart.writeUInt32BE(restartInterval * 0x10000 + 0xffff); // packets keep to no restart
  if (offset > 0) return Buffer.concat([main, restart]);
  const tableHeader = Buffer.alloc(4);
  tableHeader.writeUInt16BE(tables.length, 2);
  return Buffer.concat([main, restart, tableHeader, tables]);
}
