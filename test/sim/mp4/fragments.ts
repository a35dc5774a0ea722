import { ByteReader } from '../../../src/base/byte-reader.ts';
import { type Box, childBoxes } from './boxes.ts';
import type { Sample } from './sample-table.ts';

/** Defaults of a track's fragments, from `trex`. */
export interface FragmentDefaults {
  readonly duration: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

const NOT_SYNC_SAMPLE = 0x10000;

/** `trex` boxes by track. */
export function readFragmentDefaults(moov: Buffer): Map<number, FragmentDefaults> {
  const defaults = new Map<number, FragmentDefaults>();
  const mvex = childBoxes(moov).find((box) => box.type === 'mvex');
  for (const box of mvex ? childBoxes(mvex.body) : []) {
    if (box.type !== 'trex') continue;
    const reader = new ByteReader(box.body, 'trex');
    reader.skip(4);
    const track = reader.u32();
    reader.skip(4); // sample description index
    defaults.set(track, { duration: reader.u32(), sizeBytes: reader.u32(), flags: reader.u32() });
  }
  return defaults;
}

/** Samples of one `moof`, by track. Bases are those of `default-base-is-moof` or an explicit offset. */
export function readFragment(
  moof: Box,
  defaults: ReadonlyMap<number, FragmentDefaults>,
): { track: number; samples: Sample[] }[] {
  return childBoxes(moof.body)
    .filter((box) => box.type === 'traf')
    .map((traf) => readTraf(traf.body, moof.offset, defaults));
}

function readTraf(traf: Buffer, moofOffset: number, defaults: ReadonlyMap<number, FragmentDefaults>) {
  const boxes = childBoxes(traf);
  const header = new ByteReader(boxes.find((box) => box.type === 'tfhd')?.body ?? Buffer.alloc(0), 'tfhd');
  const flags = header.u32() & 0xffffff;
  const track = header.u32();
  const base = flags & 0x1 ? header.u64AsNumber() : moofOffset;
  if (flags & 0x2) header.skip(4);
  const inherited = defaults.get(track);
  const own: FragmentDefaults = {
    duration: flags & 0x8 ? header.u32() : (inherited?.duration ?? 0),
    sizeBytes: flags & 0x10 ? header.u32() : (inherited?.sizeBytes ?? 0),
    flags: flags & 0x20 ? header.u32() : (inherited?.flags ?? 0),
  };
  const samples: Sample[] = [];
  let cursor = { offset: base, decodeTime: readBaseDecodeTime(boxes) };
  for (const box of boxes) {
    if (box.type === 'trun') cursor = readTrun(box.body, base, own, cursor, samples);
  }
  return { track, samples };
}

function readBaseDecodeTime(boxes: Box[]): number {
  const box = boxes.find((candidate) => candidate.type === 'tfdt');
  if (!box) return 0;
  const reader = new ByteReader(box.body, 'tfdt');
  const version = reader.u8();
  reader.skip(3);
  return version === 1 ? reader.u64AsNumber() : reader.u32();
}

function readTrun(
  body: Buffer,
  base: number,
  defaults: FragmentDefaults,
  from: { offset: number; decodeTime: number },
  into: Sample[],
): { offset: number; decodeTime: number } {
  const reader = new ByteReader(body, 'trun');
  const flags = reader.u32() & 0xffffff;
  const samples = reader.u32();
  let offset = flags & 0x1 ? base + reader.i32() : from.offset;
  const firstFlags = flags & 0x4 ? reader.u32() : undefined;
  let decodeTime = from.decodeTime;
  for (let i = 0; i < samples; i++) {
    const duration = flags & 0x100 ? reader.u32() : defaults.duration;
    const sizeBytes = flags & 0x200 ? reader.u32() : defaults.sizeBytes;
    const explicitFlags = flags & 0x400 ? reader.u32() : defaults.flags;
    const sampleFlags = i === 0 && firstFlags !== undefined ? firstFlags : explicitFlags;
    // Version 0 says unsigned, but no file has an offset beyond 2^31 that is meant so.
    const compositionOffset = flags & 0x800 ? reader.i32() : 0;
    into.push({
      offset,
      sizeBytes,
      decodeTime,
      compositionOffset,
      duration,
      isKey: (sampleFlags & NOT_SYNC_SAMPLE) === 0,
    });
    offset += sizeBytes;
    decodeTime += duration;
  }
  return { offset, decodeTime };
}
