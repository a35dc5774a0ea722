import fc from 'fast-check';

/** One thing that damages bytes. Places are shares of the length, so that they fit whatever is damaged. */
export type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut-out'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'end'; readonly at: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    at: place,
    value: fc.constantFrom(0, 1, 3, 0x0a, 0x0d, 0x20, 0x24, 0x7f, 0x80, 0xff),
  }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut-out' as const), at: place, length: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
);

/** What a peer should send, mostly as it is, otherwise damaged in a few places: only so the depths of a parser are reached. */
export function damaged(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const some = fc
    .tuple(bytes, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([good, edits]) => edited(good, edits));
  return fc.oneof({ weight: 1, arbitrary: bytes }, { weight: 3, arbitrary: some });
}

export function damagedText(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return damaged(text.map((value) => Buffer.from(value, 'latin1'))).map((bytes) => bytes.toString('latin1'));
}

export function anyBytes(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

/** The bytes in pieces of the given sizes, again and again. */
export function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

export const pieceSizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });

export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce(apply, bytes);
}

function apply(bytes: Buffer, change: Edit): Buffer {
  const at = Math.min(bytes.length, Math.floor(change.at * (bytes.length + 1)));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([change.value]), after.subarray(1)]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << change.bit)]), after.subarray(1)]);
    case 'cut-out':
      return Buffer.concat([before, after.subarray(change.length)]);
    case 'insert':
      return Buffer.concat([before, change.bytes, after]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, change.length), after]);
    case 'end':
      return Buffer.from(before);
  }
}
