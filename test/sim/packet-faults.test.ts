import { describe, expect, test } from 'vitest';
import { frameNumbers, openClient, playClient, startCamera, until, videoPackets } from './camera-under-test.ts';
import { parseRtp } from './depacketise.ts';
import type { Fault } from './faults.ts';
import type { ProbeClient } from './probe-client.ts';

describe('the fault', () => {
  test('lose-bursts leaves runs of packets out, and counts them and the frames that they hit', async () => {
    const { camera, client } = await playing({ kind: 'lose-bursts', share: 0.02, packets: 7, seed: 2 });
    await until(() => holes(client).length > 3, 20_000);
    const { packetsLost, packetsSent, framesDamaged, framesSent, sessions } = camera.counters().main;
    // A run may be followed by another at once.
    for (const hole of holes(client)) expect(hole % 7).toBe(0);
    expect(packetsLost).toBeGreaterThanOrEqual(holes(client).reduce((sum, hole) => sum + hole, 0));
    expect(packetsSent - packetsLost).toBeGreaterThanOrEqual(videoPackets(client).length);
    expect(framesDamaged).toBeGreaterThan(0);
    const whole = new Set(sessions[0]!.ranges.flatMap(([first, last]) => range(first, last)));
    const damaged = sessions[0]!.damagedRanges.flatMap(([first, last]) => range(first, last));
    expect([whole.size, damaged.length]).toEqual([framesSent, framesDamaged]);
    expect(damaged.filter((frame) => whole.has(frame))).toEqual([]);
    expect(sessions[0]!.keyFrames.every((frame) => frame % 10 === 0)).toBe(true); // a key frame each 0.4 s
  });

  test('duplicate-packets sends some twice, and every frame is whole', async () => {
    const { camera, client } = await playing({ kind: 'duplicate-packets', share: 0.3 });
    await until(() => videoPackets(client).length > 100);
    const sequences = videoPackets(client).map((packet) => parseRtp(packet).sequence);
    const doubles = sequences.filter((sequence, i) => i > 0 && sequence === sequences[i - 1]);
    expect(doubles.length).toBeGreaterThan(10);
    expect(camera.counters().main.framesDamaged).toBe(0);
  });

  test('jitter over TCP delays packets and keeps their order, also when it ends', async () => {
    const { camera, client } = await playing({ kind: 'jitter', ms: 200 });
    await until(() => videoPackets(client).length > 100);
    await camera.clearFaults();
    const count = videoPackets(client).length;
    await until(() => videoPackets(client).length > count + 100);
    expect(holes(client)).toEqual([]);
    expect(frameNumbers(client)).toEqual(frameNumbers(client).map((_, i) => frameNumbers(client)[0]! + i));
  });
});

test('faults with the same seed hit the same packets', async () => {
  const lost: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const camera = await startCamera();
    await camera.setFault({ kind: 'lose-packets', share: 0.1, seed: 11 });
    const client = await openClient(camera);
    const info = /seq=(\d+)/.exec((await client.play()).headers.get('rtp-info')!)!;
    await until(() => videoPackets(client).length > 80);
    const sequences = videoPackets(client).map((packet) => (parseRtp(packet).sequence - Number(info[1])) & 0xffff);
    const missing = range(0, sequences.at(-1)!).filter((sequence) => !sequences.includes(sequence));
    lost.push(missing.slice(0, 5));
    await camera.stop();
  }
  expect(lost[0]).toEqual(lost[1]);
  expect(lost[0]!.length).toBe(5);
});

async function playing(fault: Fault) {
  const camera = await startCamera();
  await camera.setFault(fault);
  return { camera, client: await playClient(camera) };
}

/** How many packets are missing, wherever some are. */
function holes(client: ProbeClient): number[] {
  const sequences = videoPackets(client).map((packet) => parseRtp(packet).sequence);
  return sequences
    .slice(1)
    .map((sequence, i) => (sequence - sequences[i]! - 1) & 0xffff)
    .filter((missing) => missing > 0);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
