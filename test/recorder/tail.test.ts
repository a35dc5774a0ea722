import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tail } from '../../src/recorder/tail.ts';
import { frame, frames } from './support.ts';

const serials = (tail: Tail) => tail.units().map(({ serial }) => serial);

describe('Tail', () => {
  it('holds everything from the last key frame at or before the oldest frame that is not durable', () => {
    const tail = new Tail();
    for (const unit of frames(1, 60, 25)) tail.push(unit);
    const mark = tail.mark(40);
    tail.settle(mark);
    expect(tail.units()[0]?.serial).toBe(26);
    expect(tail.bytes).toBe(35 * 100);
  });

  it('lets go of a group only when the whole of it is durable', () => {
    const tail = new Tail();
    for (const unit of frames(1, 60, 25)) tail.push(unit);
    tail.settle(tail.mark(24));
    expect(tail.units()[0]?.serial).toBe(1);
    tail.settle(tail.mark(25));
    expect(tail.units()[0]?.serial).toBe(26);
  });

  it('waits for the older mark when a younger one is durable first, as with two drives', () => {
    const tail = new Tail();
    for (const unit of frames(1, 80, 25)) tail.push(unit);
    const older = tail.mark(30);
    const younger = tail.mark(70);
    tail.settle(younger);
    expect(tail.units()[0]?.serial).toBe(1);
    tail.settle(older);
    expect(tail.units()[0]?.serial).toBe(51);
  });

  it('keeps nothing before the first key frame, which could not be decoded', () => {
    const tail = new Tail();
    for (const unit of frames(2, 24, 25)) tail.push(unit);
    expect(serials(tail)).toEqual([]);
  });

  it('begins a live view with the last key frame', () => {
    const tail = new Tail();
    for (const unit of frames(1, 60, 25)) tail.push(unit);
    expect(tail.fromLastKey().map(({ serial }) => serial)).toEqual([51, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
  });

  it('gives up whole groups, the oldest first, when nothing of them is durable', () => {
    const tail = new Tail();
    for (const unit of frames(1, 60, 25)) tail.push(unit);
    tail.trim(5_999);
    expect(tail.units()[0]?.serial).toBe(26);
    tail.trim(3_000);
    expect(tail.units()[0]?.serial).toBe(51);
  });

  describe('with a group of pictures that is larger than its memory', () => {
    const LIMIT = 100 * 100; // a hundred frames of a group of 500

    function filled(durableThrough: number, count = 300): Tail {
      const tail = new Tail();
      for (const unit of frames(1, count, 500)) {
        tail.push(unit);
        if (unit.serial % 10 === 0 && unit.serial <= durableThrough) tail.settle(tail.mark(unit.serial));
        tail.trim(LIMIT);
      }
      return tail;
    }

    it('keeps within it, and keeps what is not durable', () => {
      const tail = new Tail();
      for (const unit of frames(1, 400, 500)) {
        tail.push(unit);
        if (unit.serial % 10 === 0) tail.settle(tail.mark(Math.max(1, unit.serial - 50)));
        tail.trim(LIMIT);
        expect(tail.bytes).toBeLessThanOrEqual(LIMIT);
        for (let missing = Math.max(1, unit.serial - 50); missing <= unit.serial; missing++)
          expect(serials(tail)).toContain(missing);
      }
      expect(tail.bytes).toBe(serials(tail).length * 100);
    });

    it('goes on elsewhere within the group, as its beginning is on a drive', () => {
      const tail = filled(290);
      expect(tail.beginsInside).toBe(true);
      expect(tail.replay().at(-1)?.serial).toBe(300);
    });

    it('goes on with the next key frame when its beginning is on no drive', () => {
      const tail = filled(0);
      expect(tail.bytes).toBeLessThanOrEqual(LIMIT);
      expect(tail.beginsInside).toBe(false);
      expect(tail.replay()).toEqual([]);
      for (const unit of frames(301, 520, 500)) tail.push(unit);
      expect(tail.replay()[0]?.serial).toBe(501);
    });

    it('gives a live view its first picture with the next key frame', () => {
      const tail = filled(290);
      expect(tail.fromLastKey()).toEqual([]);
      for (const unit of frames(301, 520, 500)) tail.push(unit);
      expect(tail.fromLastKey().map(({ serial }) => serial)).toEqual(Array.from({ length: 20 }, (_, i) => 501 + i));
    });
  });

  it('never loses a frame that is not durable, and counts its bytes right', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('frame' as const), isKey: fc.boolean() }),
      fc.record({ kind: fc.constant('settle' as const) }),
      fc.record({ kind: fc.constant('trim' as const), spare: fc.nat({ max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const tail = new Tail();
        let serial = 0;
        let durable = 0;
        let hasKey = false;
        for (const { kind, ...rest } of steps) {
          if (kind === 'frame') {
            const isKey = 'isKey' in rest && rest.isKey;
            hasKey ||= isKey;
            tail.push(frame(++serial, { isKey }));
            if (!hasKey) durable = serial;
          } else if (kind === 'trim') {
            const spare = 'spare' in rest ? rest.spare : 0;
            const maxBytes = Math.ceil(((serial - durable + spare) * 100 * 8) / 7);
            tail.trim(maxBytes);
            expect(tail.bytes).toBeLessThanOrEqual(maxBytes);
          } else if (serial > durable) {
            durable = serial - 1;
            tail.settle(tail.mark(durable));
          }
        }
        const held = serials(tail);
        for (let missing = durable + 1; missing <= serial; missing++) expect(held).toContain(missing);
        expect(tail.bytes).toBe(held.length * 100);
      }),
    );
  });

  describe('gives memory back', () => {
    const tracked = (from: number, to: number, released: number[]) =>
      frames(from, to, 10).map((timed) => ({
        ...timed,
        unit: { ...timed.unit, slab: { release: () => released.push(timed.serial), keep: () => undefined } },
      }));
    const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

    it('of what a sync has covered', () => {
      const released: number[] = [];
      const tail = new Tail();
      for (const unit of tracked(1, 35, released)) tail.push(unit);
      tail.settle(tail.mark(25));
      expect(released).toEqual(oneTo(20));
    });

    it('but not of what was given up, which may still wait in a queue', () => {
      const released: number[] = [];
      const tail = new Tail();
      for (const unit of tracked(1, 15, released)) tail.push(unit);
      const queued = tail.mark(12);
      tail.trim(600);
      expect(serials(tail)).toEqual([11, 12, 13, 14, 15]);
      expect(released).toEqual([]);
      for (const unit of tracked(16, 45, released)) tail.push(unit);
      tail.settle(queued);
      tail.settle(tail.mark(40));
      expect(released).toEqual(oneTo(40).filter((serial) => serial > 10));
    });

    it('nor of what is written a second time', () => {
      const released: number[] = [];
      const tail = new Tail();
      for (const unit of tracked(1, 15, released)) tail.push(unit);
      tail.replay();
      for (const unit of tracked(16, 45, released)) tail.push(unit);
      tail.settle(tail.mark(40));
      expect(Math.min(...released)).toBeGreaterThan(15);
    });
  });
});
