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

  it('gives up whole groups, and never the newest', () => {
    const tail = new Tail();
    for (const unit of frames(1, 60, 25)) tail.push(unit);
    expect(tail.dropOldestGroup()).toBe(true);
    expect(tail.units()[0]?.serial).toBe(26);
    expect(tail.dropOldestGroup()).toBe(true);
    expect(tail.dropOldestGroup()).toBe(false);
    expect(tail.units()[0]?.serial).toBe(51);
  });

  it('never loses a frame that is not durable, and counts its bytes right', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('frame' as const), isKey: fc.boolean() }),
      fc.record({ kind: fc.constant('settle' as const) }),
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
      tail.dropOldestGroup();
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
