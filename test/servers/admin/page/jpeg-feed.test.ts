import { describe, expect, it } from 'vitest';
import { MAX_DAMAGED_IN_A_ROW, startJpegFeed } from '../../../../src/servers/admin/page/live/jpeg-feed.ts';

/** A browser whose decoder is done when the test says so; pictures are numbers. */
function startFeed() {
  const decoding: { number: number; finish: (isGood: boolean) => Promise<void> }[] = [];
  const seen: (number | 'shown' | 'damaged' | 'closed')[] = [];
  const feed = startJpegFeed({
    decode: (jpeg) => {
      const number = new DataView(jpeg).getUint8(0);
      const { promise, resolve, reject } = Promise.withResolvers<{ number: number; close(): void }>();
      const finish = async (isGood: boolean) => {
        if (isGood) resolve({ number, close: () => seen.push('closed') });
        else reject(new Error('no picture'));
        await new Promise((next) => setImmediate(next));
      };
      decoding.push({ number, finish });
      return promise;
    },
    draw: ({ number }) => seen.push(number),
    onShown: () => seen.push('shown'),
    onDamaged: () => seen.push('damaged'),
  });
  const append = (number: number) => feed.append(Uint8Array.of(number).buffer);
  const finish = (isGood = true) => decoding.at(-1)!.finish(isGood);
  return { feed, seen, append, finish, decoded: () => decoding.map(({ number }) => number) };
}

describe('pictures of Motion JPEG', () => {
  it('are all shown by a browser that is quick enough, which says so once', async () => {
    const { seen, append, finish } = startFeed();
    for (const number of [1, 2, 3]) {
      append(number);
      await finish();
    }
    expect(seen).toEqual([1, 'shown', 2, 3]);
  });

  it('wait for a slow one no more than one at a time: the newest', async () => {
    const { seen, append, finish, decoded } = startFeed();
    for (let number = 1; number <= 200; number++) append(number);
    expect(decoded()).toEqual([1]);
    await finish();
    expect(decoded()).toEqual([1, 200]);
    await finish();
    append(201);
    await finish();
    expect(seen).toEqual([1, 'shown', 200, 201]);
  });

  it('that are damaged are passed over', async () => {
    const { seen, append, finish } = startFeed();
    for (const number of [1, 2, 3]) {
      append(number);
      await finish(number !== 2);
    }
    expect(seen).toEqual([1, 'shown', 3]);
  });

  it('that are all damaged are said to be, once, until one is not', async () => {
    const { seen, append, finish } = startFeed();
    for (let i = 0; i < 2 * MAX_DAMAGED_IN_A_ROW; i++) {
      append(7);
      await finish(false);
    }
    append(8);
    await finish();
    expect(seen).toEqual(['damaged', 8, 'shown']);
  });

  it('are not drawn once nobody looks, and those that come then are not decoded', async () => {
    const { feed, seen, append, finish, decoded } = startFeed();
    append(1);
    append(2);
    feed.stop();
    append(3);
    await finish();
    expect(decoded()).toEqual([1]);
    expect(seen).toEqual(['closed']);
  });
});
