import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HELD_BYTES, MAX_HELD_PACKETS, MAX_WAIT_MS, ReorderBuffer } from '../../../src/media/rtp/reorder-buffer.ts';
import { SequenceTracker } from '../../../src/media/rtp/sequence.ts';

/** A buffer as a receiver uses it, and what came out of it: the tracker decides what is late or unneeded. */
class Lane {
  readonly out: number[] = [];
  readonly arrivals: number[] = [];
  readonly tracker = new SequenceTracker();
  readonly buffer = new ReorderBuffer((bytes, start, end, arrivalMs) => {
    expect(end - start).toBe(bytes.length);
    this.#take(bytes.readUInt16BE(0), arrivalMs);
  });

  push(sequence: number, atMs = 0, sizeBytes = 2): void {
    if (this.buffer.isNext(sequence)) {
      this.#take(sequence, atMs);
      return;
    }
    const bytes = Buffer.alloc(sizeBytes);
    bytes.writeUInt16BE(sequence, 0);
    this.buffer.push(sequence, bytes, 0, bytes.length, atMs);
  }

  pushAll(sequences: readonly number[]): this {
    for (const sequence of sequences) this.push(sequence);
    return this;
  }

  #take(sequence: number, atMs: number): void {
    const verdict = this.tracker.push(sequence);
    if (verdict === 'late' || verdict === 'unneeded') return;
    this.out.push(sequence);
    this.arrivals.push(atMs);
  }
}

describe('reorder buffer', () => {
  const cases: [string, number[], number[]][] = [
    ['in order', [1, 2, 3], [1, 2, 3]],
    ['two swapped', [1, 3, 2, 4], [1, 2, 3, 4]],
    ['one overtaken by many', [1, 3, 4, 5, 2, 6], [1, 2, 3, 4, 5, 6]],
    ['over the wrap', [65_534, 0, 65_535, 1], [65_534, 65_535, 0, 1]],
    ['two gaps that are filled one after the other', [1, 3, 5, 2, 4, 6], [1, 2, 3, 4, 5, 6]],
    ['two gaps that are filled from behind', [1, 3, 5, 4, 2, 6], [1, 2, 3, 4, 5, 6]],
    ['duplicates of a held packet', [1, 3, 3, 3, 2, 4], [1, 2, 3, 4]],
    ['duplicates of a used packet', [1, 2, 2, 1, 3], [1, 2, 3]],
    ['a stray packet far away', [1, 30_000, 2, 3], [1, 2, 3]],
    ['a stray packet while others are held', [1, 3, 30_000, 2, 4], [1, 2, 3, 4]],
    ['a sender that starts again', [1, 2, 30_000, 30_001, 30_002], [1, 2, 30_000, 30_001, 30_002]],
    ['a sender that starts again while packets are held', [1, 3, 30_000, 30_001], [1, 3, 30_000, 30_001]],
    [
      'a sender that starts again a little further back',
      [5000, 5001, 4001, 4002, 4003],
      [5000, 5001, 4001, 4002, 4003],
    ],
    ['more missing than it holds', [1, 2, 700, 701, 702], [1, 2, 700, 701, 702]],
  ];
  it.each(cases)('%s', (_, arriving, expected) => {
    expect(new Lane().pushAll(arriving).out).toEqual(expected);
  });

  it('reordered packets are not counted as lost or late', () => {
    const lane = new Lane().pushAll([1, 4, 2, 3, 6, 5]);
    expect(lane.tracker).toMatchObject({ packetsLost: 0, packetsLate: 0, packetsUnneeded: 0 });
  });

  it('gives a missing packet up when the first one behind it has waited long enough', () => {
    const lane = new Lane();
    lane.push(1, 0);
    lane.push(3, 10);
    lane.push(5, 100);
    expect(lane.buffer.deadlineMs).toBe(10 + MAX_WAIT_MS);
    lane.buffer.expire(9 + MAX_WAIT_MS);
    expect(lane.out).toEqual([1]);
    lane.buffer.expire(10 + MAX_WAIT_MS);
    expect(lane.out).toEqual([1, 3]);
    expect(lane.buffer.deadlineMs).toBe(100 + MAX_WAIT_MS);
    lane.buffer.expire(100 + MAX_WAIT_MS);
    expect(lane.out).toEqual([1, 3, 5]);
    expect(lane.buffer.deadlineMs).toBeUndefined();
    expect(lane.buffer.givenUp).toEqual({ packets: 0, bytes: 0, time: 2 });
    expect(lane.tracker.packetsLost).toBe(2);
  });

  it('does so without a timer when later packets come', () => {
    const lane = new Lane();
    lane.push(1, 0);
    lane.push(3, 10);
    lane.push(4, 11 + MAX_WAIT_MS);
    lane.push(5, 12 + MAX_WAIT_MS);
    expect(lane.out).toEqual([1, 3, 4, 5]);
  });

  it('a packet that comes after that is late, and not lost', () => {
    const lane = new Lane();
    lane.push(1, 0);
    lane.push(3, 10);
    lane.buffer.expire(1000);
    lane.push(2, 1000);
    lane.push(4, 1001);
    expect(lane.out).toEqual([1, 3, 4]);
    expect(lane.tracker).toMatchObject({ packetsLost: 0, packetsLate: 1 });
  });

  it('holds no more packets than the limit', () => {
    const lane = new Lane();
    lane.push(0);
    for (let number = 2; number <= MAX_HELD_PACKETS; number++) lane.push(number);
    expect(lane.out).toEqual([0]);
    lane.push(MAX_HELD_PACKETS + 1);
    lane.push(MAX_HELD_PACKETS + 2);
    expect(lane.out).toEqual([0, ...Array.from({ length: MAX_HELD_PACKETS + 1 }, (_, i) => i + 2)]);
    expect(lane.buffer.givenUp).toEqual({ packets: 1, bytes: 0, time: 0 });
  });

  it('holds no more bytes than the limit', () => {
    const lane = new Lane();
    const size = 10_000;
    lane.push(0);
    const fitting = Math.floor(MAX_HELD_BYTES / size);
    for (let i = 0; i < fitting; i++) lane.push(2 + i, 0, size);
    expect(lane.out).toEqual([0]);
    lane.push(2 + fitting, 0, size);
    expect(lane.out).toHaveLength(1 + fitting + 1);
    expect(lane.buffer.givenUp.bytes).toBe(1);
  });

  it('arrival times never go back', () => {
    const lane = new Lane();
    lane.push(1, 0);
    lane.push(3, 10);
    lane.push(4, 11);
    lane.push(2, 30);
    lane.push(7, 40);
    lane.push(6, 50);
    lane.push(9, 60);
    lane.push(5, 70);
    lane.buffer.expire(1000);
    expect(lane.out).toEqual([1, 2, 3, 4, 5, 6, 7, 9]);
    expect(lane.arrivals).toEqual([0, 30, 30, 30, 70, 70, 70, 70]);
  });

  it('reset() delivers what is held, and any number may come next', () => {
    const lane = new Lane().pushAll([1, 3, 6]);
    lane.buffer.reset();
    expect(lane.out).toEqual([1, 3, 6]);
    lane.push(20_000);
    lane.push(20_001);
    expect(lane.out.slice(3)).toEqual([20_000, 20_001]);
  });

  it('any loss, delay and duplication: in order, nothing twice, and nothing lost that came in time', () => {
    const packet = fc.record({ isLost: fc.boolean(), delay: fc.nat(60), isTwice: fc.boolean() });
    fc.assert(
      fc.property(fc.nat(65_535), fc.array(packet, { minLength: 1, maxLength: 400 }), (start, packets) => {
        const arriving = packets
          .flatMap(({ isLost, delay, isTwice }, i) => {
            // The first one comes first, so that nothing is from before it.
            const at = i === 0 ? -1 : i + delay;
            return isLost && i > 0 ? [] : [{ i, at }, ...(isTwice ? [{ i, at: at + 7 }] : [])];
          })
          .sort((a, b) => a.at - b.at);
        const lane = new Lane();
        for (const { i, at } of arriving) lane.push((start + i) & 0xffff, Math.max(0, at));
        lane.buffer.reset();
        const came = packets.flatMap(({ isLost }, i) => (isLost && i > 0 ? [] : [(start + i) & 0xffff]));
        expect(lane.out).toEqual(came);
        expect(lane.arrivals).toEqual(lane.arrivals.toSorted((a, b) => a - b));
      }),
    );
  });

  it('any numbers at any times: nothing is held beyond the limits', () => {
    const step = fc.record({ sequence: fc.nat(65_535), waitMs: fc.nat(90), size: fc.integer({ min: 2, max: 3000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const lane = new Lane();
        let nowMs = 0;
        for (const { sequence, waitMs, size } of steps) {
          nowMs += waitMs;
          lane.push(sequence, nowMs, size);
          expect(lane.buffer.deadlineMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(nowMs);
        }
        lane.buffer.expire(nowMs + MAX_WAIT_MS);
        expect(lane.buffer.deadlineMs).toBeUndefined();
      }),
    );
  });
});
