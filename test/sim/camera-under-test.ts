import { afterEach } from 'vitest';
import type { SimulatedCamera } from './camera.ts';
import { parseRtp } from './depacketise.ts';
import { parseFrameNumberSei } from './frame-number-sei.ts';
import { ProbeClient, type ProbeOptions } from './probe-client.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from './test-clips.ts';

/*
 * One camera and its clients, for the simulator's own tests. All of them end with the test.
 */
let simulator: Simulator | undefined;
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await simulator?.stop();
  simulator = undefined;
});

/** Small pictures, no sub stream, a free port. */
export async function startCamera(options: Partial<SimulatorOptions> = {}): Promise<SimulatedCamera> {
  simulator = await startSimulator({
    ...{ cameras: 1, port: 0, clip: SMALL_CLIP, subClip: false, cacheFolder: TEST_CACHE },
    ...options,
  });
  return simulator.cameras[0]!;
}

export async function openClient(camera: SimulatedCamera, options: ProbeOptions = {}): Promise<ProbeClient> {
  return closeLater(await ProbeClient.open(camera.url, options));
}

/** A client that plays the picture, and has got some of it. */
export async function playClient(camera: SimulatedCamera): Promise<ProbeClient> {
  const client = await openClient(camera);
  await client.play();
  await until(() => client.packets.length > 5);
  return client;
}

export function closeLater<Client extends { close(): void }>(client: Client): Client {
  clients.push(client);
  return client;
}

export function videoPackets(client: ProbeClient): Buffer[] {
  return packetsOf(client, 0);
}

export function packetsOf(client: ProbeClient, channel: number): Buffer[] {
  return client.packets.filter((packet) => packet.channel === channel).map((packet) => packet.bytes);
}

/** The simulator's numbers of the frames of H.264 that came. */
export function frameNumbers(client: ProbeClient): number[] {
  return videoPackets(client).flatMap((packet) => parseFrameNumberSei(parseRtp(packet).payload, 'h264')?.frame ?? []);
}

/** From each packet's sequence number to the next. */
export function sequenceSteps(client: ProbeClient): Set<number> {
  const sequences = videoPackets(client).map((packet) => parseRtp(packet).sequence);
  return new Set(sequences.slice(1).map((sequence, i) => (sequence - sequences[i]!) & 0xffff));
}

export async function until(isTrue: () => boolean, timeoutMs = 5_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${isTrue}`);
    await sleep(10);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
