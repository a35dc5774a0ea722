import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { buildFrameNumberSei } from '../frame-number-sei.ts';
import { readFrameNumbersFromMp4 } from '../frame-numbers.ts';
import { smallClip } from '../test-clips.ts';
import { findBox } from './boxes.ts';
import { readTracks } from './reader.ts';

/** Recordings of ten frames, two a fragment, in the states that a hybrid file goes through. */
const SAMPLES = Array.from({ length: 10 }, (_, frame) => {
  const nals = [buildFrameNumberSei('h264', { camera: 5, frame: 100 + frame }), Buffer.from([0x65, frame, 0x80])];
  return Buffer.concat(nals.flatMap((nal) => [u32(nal.length), nal]));
});
const NUMBERS = SAMPLES.map((_, i) => 100 + i);

let folder = '';
let clip: Buffer = Buffer.alloc(0);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sim-'));
  clip = await readFile(await smallClip());
});
afterAll(() => rm(folder, { recursive: true }));

describe('frame numbers of a hybrid file', () => {
  test('that is open come from its fragments', async () => {
    expect(await numbersIn(hybrid().open)).toEqual(NUMBERS);
  });

  test('whose table is appended and not yet in force are not counted twice', async () => {
    const { open: fragments, table } = hybrid();
    expect(await numbersIn(Buffer.concat([fragments, table]))).toEqual(NUMBERS);
  });

  test('that is closed come from its table', async () => {
    const { open: fragments, table } = hybrid();
    const closed = Buffer.concat([fragments, table]);
    closed.writeUInt32BE(1, FTYP.length);
    closed.write('mdat', FTYP.length + 4, 'latin1');
    closed.writeBigUInt64BE(BigInt(fragments.length - FTYP.length), FTYP.length + 8);
    expect(await numbersIn(closed)).toEqual(NUMBERS);
  });

  test('that was cut at any place are those of whole samples', async () => {
    const { open: fragments, firstFragment } = hybrid();
    let before = 0;
    for (let cut = firstFragment; cut <= fragments.length; cut += 7) {
      const numbers = await numbersIn(fragments.subarray(0, cut));
      expect(numbers).toEqual(NUMBERS.slice(0, numbers.length));
      expect(numbers.length).toBeGreaterThanOrEqual(before);
      before = numbers.length;
    }
  });
});

test('a damaged file is refused as such, or read in part', async () => {
  const { open: fragments, table } = hybrid();
  const whole = Buffer.concat([fragments, table]);
  const path = join(folder, 'damaged.mp4');
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const damaged = Buffer.from(whole);
      for (const [at, value] of changes) damaged[at] = value;
      await writeFile(path, damaged);
      const file = await open(path, 'r');
      try {
        await readTracks(file, path);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      } finally {
        await file.close();
      }
    }),
  );
});

const FTYP = box('ftyp', Buffer.from('isom\0\0\0\0isom'));

function hybrid(): { open: Buffer; table: Buffer; firstFragment: number } {
  const moov = findTopLevel(clip, 'moov');
  const stsd = findBox(moov, 'trak/mdia/minf/stbl/stsd')!.body;
  const init = Buffer.concat([FTYP, box('free', Buffer.alloc(8)), movie(box('stsd', stsd), trex())]);
  let file = init;
  const offsets: number[] = [];
  for (let i = 0; i < SAMPLES.length; i += 2) {
    const pair = SAMPLES.slice(i, i + 2);
    const moofBytes = fragment(pair, i, 0).length;
    offsets.push(file.length + moofBytes + 8);
    file = Buffer.concat([file, fragment(pair, i, moofBytes + 8), box('mdat', ...pair)]);
  }
  const table = movie(
    Buffer.concat([
      box('stsd', stsd),
      box('stts', u32(0, 1, SAMPLES.length, 3600)),
      box('stsc', u32(0, 1, 1, 2, 1)),
      box('stsz', u32(0, 0, SAMPLES.length, ...SAMPLES.map((sample) => sample.length))),
      box('co64', u32(0, offsets.length, ...offsets.flatMap((offset) => [0, offset]))),
    ]),
    Buffer.alloc(0),
  );
  return { open: file, table, firstFragment: init.length };
}

function movie(stbl: Buffer, rest: Buffer): Buffer {
  const mdhd = box('mdhd', u32(0, 0, 0, 90_000, 0, 0));
  const mdia = box('mdia', mdhd, box('minf', box('stbl', stbl)));
  return box('moov', box('trak', box('tkhd', u32(0, 0, 0, 1, 0)), mdia), rest);
}

function trex(): Buffer {
  return box('mvex', box('trex', u32(0, 1, 1, 0, 0, 0)));
}

function fragment(samples: readonly Buffer[], first: number, dataOffset: number): Buffer {
  const tfhd = box('tfhd', u32(0x020008, 1, 3600));
  const tfdt = box('tfdt', u32(0x01000000, 0, first * 3600));
  const trun = box('trun', u32(0x201, samples.length, dataOffset, ...samples.map((sample) => sample.length)));
  return box('moof', box('mfhd', u32(0, first)), box('traf', tfhd, tfdt, trun));
}

async function numbersIn(bytes: Buffer): Promise<number[]> {
  const path = join(folder, 'file.mp4');
  await writeFile(path, bytes);
  const { frames, camera } = await readFrameNumbersFromMp4(path);
  if (frames.length > 0) expect(camera).toBe(5);
  return frames;
}

function findTopLevel(file: Buffer, type: string): Buffer {
  return findBox(file, type)!.body;
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
}
