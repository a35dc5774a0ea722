import { describe, expect, it } from 'vitest';
import { BoundedOperations, MAX_OPERATIONS_PER_DRIVE } from '../../src/disk/bounded-operations.ts';
import { threadPoolSize } from '../../src/disk/thread-pool.ts';

describe('BoundedOperations', () => {
  it('starts no more than its limit, and the rest in order', async () => {
    const operations = new BoundedOperations('bay 1', 2);
    const started: number[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const runs = gates.map((gate, i) =>
      operations.run(async () => {
        started.push(i);
        await gate.promise;
      }),
    );
    expect(started).toEqual([0, 1]);
    expect([operations.inFlight, operations.waiting]).toEqual([2, 2]);
    gates[1]!.resolve();
    await runs[1];
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(runs);
    expect([operations.inFlight, operations.waiting]).toEqual([0, 0]);
  });

  it('goes on after an operation failed', async () => {
    const operations = new BoundedOperations('bay 1', 1);
    await expect(operations.run(() => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO');
    await expect(operations.run(() => Promise.resolve(7))).resolves.toBe(7);
  });

  it('refuses when thousands wait: the drive is stuck', async () => {
    const operations = new BoundedOperations('bay 1 (WD Purple)', 1);
    const stuck = new Promise<void>(() => undefined);
    const refusals: unknown[] = [];
    for (let i = 0; i < 4098; i++) operations.run(() => stuck).catch((error: unknown) => refusals.push(error));
    await Promise.resolve();
    expect(refusals).toHaveLength(1);
    expect(String(refusals[0])).toMatch(/bay 1 \(WD Purple\): 4096 operations are waiting/);
  });

  it('refuses what waits when it is closed, and lets go of what is under way', async () => {
    const operations = new BoundedOperations('bay 1', 1);
    const gate = Promise.withResolvers<string>();
    const running = operations.run(() => gate.promise);
    const waiting = operations.run(() => Promise.resolve());
    operations.close();
    await expect(waiting).rejects.toThrow('bay 1: closed');
    await expect(operations.run(() => Promise.resolve())).rejects.toThrow('bay 1: closed');
    gate.resolve('done');
    await expect(running).resolves.toBe('done');
  });
});

it('the thread pool has room for every drive to hang', () => {
  for (const drives of [1, 8, 20]) expect(threadPoolSize(drives)).toBeGreaterThan(drives * MAX_OPERATIONS_PER_DRIVE);
  expect(threadPoolSize(10_000)).toBe(1024);
});
