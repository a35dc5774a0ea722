import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../src/base/bounded-queue.ts';

const queueOf = (maxWeight: number) => new BoundedQueue<number>({ maxWeight, weigh: (item) => item });

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('BoundedQueue', () => {
  it('gives back in the order of arrival', () => {
    const queue = queueOf(100);
    for (const item of [3, 1, 2]) queue.push(item);
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([3, 1, 2, undefined]);
  });

  it('says no to what does not fit, and is unchanged by it', () => {
    const queue = queueOf(10);
    expect(queue.push(8)).toBe(true);
    expect(queue.push(3)).toBe(false);
    expect([queue.length, queue.weight]).toEqual([1, 8]);
  });

  it('takes an item heavier than itself when empty, so that nothing is stuck', () => {
    const queue = queueOf(10);
    expect(queue.push(50)).toBe(true);
    expect(queue.push(1)).toBe(false);
  });

  it('hands out everything when cleared', () => {
    const queue = queueOf(10);
    queue.push(1);
    queue.push(2);
    queue.shift();
    expect(queue.clear()).toEqual([2]);
    expect([queue.length, queue.weight, queue.peek()]).toEqual([0, 0, undefined]);
  });

  it('holds nothing that has left it, even while others wait behind it', async () => {
    const queue = new BoundedQueue<{ media: Buffer }>({ maxWeight: 100, weigh: () => 1 });
    const push = () => {
      const item = { media: Buffer.alloc(1_000) };
      queue.push(item);
      return new WeakRef(item);
    };
    const refs = Array.from({ length: 50 }, push);
    for (let i = 0; i < 40; i++) queue.shift();
    await nextTurn(); // until then the references themselves keep what they were made of
    collectGarbage();
    expect(refs.map((ref) => ref.deref() !== undefined)).toEqual([...Array(40).fill(false), ...Array(10).fill(true)]);
    expect(queue.length).toBe(10);
  });

  it('behaves like a plain list with a limit, also over many turns', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 1, max: 9 }), { nil: 'shift' as const }), { maxLength: 400 });
    fc.assert(
      fc.property(steps, (items) => {
        const queue = queueOf(60);
        const model: number[] = [];
        for (const item of items) {
          if (item === 'shift') expect(queue.shift()).toBe(model.shift());
          else if (queue.push(item)) model.push(item);
          expect(queue.length).toBe(model.length);
          expect(queue.weight).toBe(model.reduce((sum, weight) => sum + weight, 0));
          expect(queue.peek()).toBe(model[0]);
        }
      }),
    );
  });
});
