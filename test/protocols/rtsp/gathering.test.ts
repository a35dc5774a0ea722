import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { loadLibc } from '../../../src/disk/libc.ts';
import { RtspConnection } from '../../../src/protocols/rtsp/connection.ts';
import { gatherBytes, READ_AT_ONCE } from '../../../src/protocols/rtsp/gathering.ts';
import { SocketStream } from '../../../src/protocols/rtsp/socket-stream.ts';

describe('gatherBytes', () => {
  it.each([
    ['nothing comes', 0, READ_AT_ONCE],
    ['sound alone', 8_000, READ_AT_ONCE],
    ['2 Mbps: a tenth of a second', 250_000, 25_000],
    ['8 Mbps: no more than the window holds', 1_000_000, 32_768],
  ])('%s', (_, bytesPerSecond, expected) => expect(gatherBytes(bytesPerSecond)).toBe(expected));
});

describe('a connection that gathers', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  it('reads several frames at once, and what waits as soon as it no longer gathers', async () => {
    const frame = Buffer.concat([Buffer.from([0x24, 0, 0x03, 0xe8]), Buffer.alloc(1_000, 7)]);
    const server = createServer((socket) => {
      closers.push(() => socket.destroy());
      let sent = 0;
      const timer = setInterval(() => {
        socket.write(frame);
        if (++sent === 20) clearInterval(timer);
      }, 5);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    const arrivals: number[] = [];
    const connection = new RtspConnection({
      peer: `127.0.0.1:${port}`,
      openStream: (events) => new SocketStream({ host: '127.0.0.1', port }, events),
      timeoutMs: 5_000,
      clock: systemClock,
      setReceiveLowWater: loadLibc()?.setReceiveLowWater,
      onFrame: (_channel, _bytes, _start, _end, arrivalMs) => arrivals.push(arrivalMs),
      onLost: () => undefined,
    });
    closers.push(() => connection.close());
    await connection.connect();
    connection.gather(8_000);
    await expect.poll(() => arrivals.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(14);
    expect(new Set(arrivals).size).toBeLessThan(8);
    connection.gather(READ_AT_ONCE);
    await expect.poll(() => arrivals.length, { timeout: 5_000 }).toBe(20);
  });
});
