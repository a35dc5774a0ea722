import { afterEach, describe, expect, test } from 'vitest';
import { closeLater, frameNumbers, startCamera, until } from '../sim/camera-under-test.ts';
import { ProbeClient } from '../sim/probe-client.ts';
import { startTcpRelay, type TcpRelay } from './tcp-relay.ts';

let relay: TcpRelay | undefined;
afterEach(() => relay?.close());

describe('a relay of a connection', () => {
  test('passes every frame on, at its rate, and stands still now and then', async () => {
    const camera = await startCamera();
    // The small clip has half a megabit.
    relay = await startTcpRelay(camera.url, '127.0.200.2', {
      bytesPerSecond: 100_000,
      stalls: { everyMs: 1_000, maxMs: 300, seed: 1 },
    });
    const client = closeLater(await ProbeClient.open(relay.url));
    const startMs = performance.now();
    await client.play();
    await until(() => frameNumbers(client).length > 75, 20_000);
    const elapsedMs = performance.now() - startMs;
    expect(client.receivedBytes / (elapsedMs / 1000)).toBeLessThan(100_000);
    expect(frameNumbers(client)).toEqual(frameNumbers(client).map((_, i) => frameNumbers(client)[0]! + i));
    expect(relay.stalls.count).toBeGreaterThan(1);
    expect(client.strayBytes).toBe(0);
  });

  test('that is too slow lets the camera see it', async () => {
    const camera = await startCamera({
      clip: { width: 640, height: 480, mbps: 20, lengthSeconds: 2, keyIntervalSeconds: 0.4 },
    });
    relay = await startTcpRelay(camera.url, '127.0.200.2', { bytesPerSecond: 50_000 });
    const client = closeLater(await ProbeClient.open(relay.url));
    await client.play();
    await until(() => camera.counters().main.framesDropped > 5, 20_000);
  });
});
