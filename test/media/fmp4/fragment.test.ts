import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { buildFragment, buildPlainFragment, type FragmentInput, type Run } from '../../../src/media/fmp4/fragment.ts';
import {
  fragmentHeadBytes,
  parseFragmentHead,
  parseFragmentTail,
  runOf,
} from '../../../src/media/fmp4/fragment-parse.ts';

const PREVIOUS = Buffer.alloc(32, 0xab);

const run = fc.record({
  baseDecodeTime: fc.nat({ max: 2 ** 40 }),
  samples: fc.array(
    fc.record({
      data: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      duration: fc.nat({ max: 2 ** 32 - 1 }),
      compositionOffset: fc.integer(),
      isKey: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

const fragment: fc.Arbitrary<FragmentInput> = fc.oneof(
  fc.record({ wallUtcMs: fc.nat({ max: 4_102_444_800_000 }), video: run, audio: run }),
  fc.record({ wallUtcMs: fc.nat({ max: 4_102_444_800_000 }), video: run }),
  fc.record({ wallUtcMs: fc.nat({ max: 4_102_444_800_000 }), audio: run }),
);

const ONE_FRAME: FragmentInput = {
  wallUtcMs: 1_772_359_200_123,
  video: {
    baseDecodeTime: 90_000,
    samples: [{ data: Buffer.from('picture'), duration: 3600, compositionOffset: -2, isKey: true }],
  },
};

describe('a fragment', () => {
  it('is read back as it was built, in its own size', () => {
    fc.assert(
      fc.property(fragment, fc.nat({ max: 2 ** 32 - 1 }), (input, sequence) => {
        const built = buildFragment(input, { sequence, previousHash: PREVIOUS });
        const bytes = Buffer.concat(built.buffers);
        expect(bytes.length).toBe(built.sizeBytes);
        const headBytes = fragmentHeadBytes(bytes)!;
        expect(headBytes).toBe(built.headBytes);
        const head = parseFragmentHead(bytes.subarray(0, headBytes));
        expect(head).toMatchObject({ sequence, wallUtcMs: input.wallUtcMs, sizeBytes: bytes.length });
        const data = bytes.subarray(headBytes);
        expect(head.video && runOf(head.video, data)).toEqual(input.video);
        expect(head.audio && runOf(head.audio, data.subarray(head.video?.sizeBytes ?? 0))).toEqual(input.audio);
        expect(parseFragmentTail(bytes.subarray(-60))).toEqual(built.hash);
      }),
    );
  });

  it('keeps wall times beyond the NTP era that ends in 2036', () => {
    const wallUtcMs = Date.UTC(2041, 5, 1);
    const built = buildFragment({ ...ONE_FRAME, wallUtcMs }, { sequence: 1, previousHash: PREVIOUS });
    expect(parseFragmentHead(built.buffers[0]!).wallUtcMs).toBe(wallUtcMs);
  });

  it('has a hash that can be computed from the documentation alone', () => {
    const built = buildFragment(ONE_FRAME, { sequence: 7, previousHash: PREVIOUS });
    const byHand = createHash('sha256')
      .update(PREVIOUS)
      .update(hex64(1_772_359_200_123)) // wall time
      .update(Buffer.from([1])) // runs
      .update(Buffer.from([1])) // track
      .update(hex64(90_000)) // decoding time
      .update(Buffer.from('00000001', 'hex')) // samples
      .update(Buffer.from('00000e10' + '00000007' + '02000000' + 'fffffffe', 'hex')) // duration, size, flags, offset
      .update('picture');
    expect(built.hash).toEqual(byHand.digest());
  });

  it.each([
    [
      'a bit of a picture',
      (input: FragmentInput) => ({ ...input, video: changed(input, { data: Buffer.from('pictuse') }) }),
    ],
    ['a duration', (input: FragmentInput) => ({ ...input, video: changed(input, { duration: 3601 }) })],
    ['a composition offset', (input: FragmentInput) => ({ ...input, video: changed(input, { compositionOffset: 0 }) })],
    ['a key frame flag', (input: FragmentInput) => ({ ...input, video: changed(input, { isKey: false }) })],
    ['the wall time', (input: FragmentInput) => ({ ...input, wallUtcMs: input.wallUtcMs + 1 })],
    ['the track', (input: FragmentInput) => ({ wallUtcMs: input.wallUtcMs, audio: input.video })],
  ])('has another hash when %s changes', (_name, change) => {
    const place = { sequence: 7, previousHash: PREVIOUS };
    expect(buildFragment(change(ONE_FRAME), place).hash).not.toEqual(buildFragment(ONE_FRAME, place).hash);
  });

  it('writes samples that lie side by side in memory as one piece', () => {
    const slab = Buffer.alloc(100);
    const at = (start: number, end: number) => ({
      data: slab.subarray(start, end),
      duration: 1,
      compositionOffset: 0,
      isKey: true,
    });
    const input = { wallUtcMs: 0, video: { baseDecodeTime: 0, samples: [at(0, 10), at(10, 30), at(40, 50)] } };
    expect(
      buildPlainFragment(input, 1)
        .buffers.slice(1)
        .map(({ length }) => length),
    ).toEqual([30, 10]);
  });

  it('cut anywhere within its head is no fragment yet', () => {
    const head = buildFragment(ONE_FRAME, { sequence: 1, previousHash: PREVIOUS }).buffers[0]!;
    for (let length = 0; length < head.length; length++) {
      const headBytes = fragmentHeadBytes(head.subarray(0, length));
      expect(headBytes === undefined || headBytes > length).toBe(true);
    }
  });

  it('ends in a head or in an AppError when any of its bytes is damaged', () => {
    const head = buildFragment(ONE_FRAME, { sequence: 1, previousHash: PREVIOUS }).buffers[0]!;
    fc.assert(
      fc.property(fc.nat({ max: head.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const damaged = Buffer.from(head);
        damaged[at] = value;
        try {
          const headBytes = fragmentHeadBytes(damaged);
          if (headBytes === damaged.length) parseFragmentHead(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });

  it('larger than the limit is refused with the numbers', () => {
    const samples = [{ data: Buffer.alloc(64 * 1024 * 1024), duration: 1, compositionOffset: 0, isKey: true }];
    expect(() => buildPlainFragment({ wallUtcMs: 0, video: { baseDecodeTime: 0, samples } }, 1)).toThrow(
      /limit of 67108864/,
    );
  });
});

function changed(input: FragmentInput, change: Partial<Run['samples'][number]>): Run {
  return { ...input.video!, samples: [{ ...input.video!.samples[0]!, ...change }] };
}

function hex64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
