import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { startTcpRelay, type TcpRelay } from '../relay/tcp-relay.ts';
import { startUdpRelay, type UdpRelay } from '../relay/udp-relay.ts';
import { IS_LONG, SEED } from '../seeded.ts';
import type { SessionCounters } from '../sim/counters.ts';
import { pause } from './support/chance.ts';
import { expectEverySecondExplained, NOT_YET_WRITTEN_MS } from './support/expect-account.ts';
import { type System, startSystem } from './support/system.ts';

const DURATION_MS = IS_LONG ? 5 * 60_000 : 40_000;
const CHANNELS = [1, 2];
const MBPS = 0.5;
/** What a player of the recording would call the end of a live stream: in sockets and queues when the recorder is stopped. */
const MAX_UNDER_WAY = 30;

describe(`cameras behind a bad network for ${DURATION_MS / 1000} s, seed ${SEED}`, () => {
  let system: System | undefined;
  const relays: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await system?.destroy();
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
  });

  it('over UDP with 1 % loss, 5 % out of order and 50 ms of jitter: the packets that were lost explain each frame that is missing', async () => {
    const udpRelays = new Map<number, UdpRelay>();
    system = await startSystem({
      channel: { transport: 'udp' },
      route: async (cameraUrl, number) => {
        const relay = await startUdpRelay(cameraUrl, addressOf(number));
        relays.push(relay);
        udpRelays.set(number, relay);
        return relay.url;
      },
    });
    await system.waitUntilRecording();
    const fromUtcMs = Date.now();
    for (const [number, relay] of udpRelays) {
      relay.setImpairment({ lossShare: 0.01, reorderShare: 0.05, jitterMs: 50, seed: SEED + number });
    }
    await pause(DURATION_MS);
    for (const relay of udpRelays.values()) relay.setImpairment(undefined);
    await waitUntilCounted(system, (number) => udpRelays.get(number)!.log.dropped);
    const toUtcMs = Date.now() - NOT_YET_WRITTEN_MS;
    await system.stack.recorder.stop();

    for (const [number, relay] of udpRelays) {
      const session = await onlySession(system, number);
      expect(session.transport).toBe('udp');
      const recorded = (await system.recordedFrames()).get(number)!.numbers;
      const { framesHit, framesBroken, packets, dropped } = relay.log;
      const sent = framesOf(session);
      const keys = new Set(session.keyFrames);
      const missing = sent.filter((frame) => !recorded.has(frame));
      const explained = withDependants(framesHit, sent, keys);
      const broken = withDependants(framesBroken, sent, keys);
      console.log(
        `channel ${number}: ${packets} packets, ${dropped} dropped, which hit ${framesHit.size} of ${sent.length} frames; ` +
          `${missing.length} are missing, ${broken.size} could not be decoded`,
      );
      expect(framesHit.size, 'frames hit').toBeGreaterThan(5);
      const unexplained = missing.filter((frame) => !explained.has(frame) && sent.at(-1)! - frame >= MAX_UNDER_WAY);
      expect(unexplained, `frames that channel ${number} misses although they could be decoded`).toEqual([]);
      const damaged = sent.filter((frame) => broken.has(frame) && recorded.has(frame));
      expect(damaged, `frames that channel ${number} has although they cannot be decoded`).toEqual([]);
      await expectEverySecondExplained(system, number, { fromUtcMs, toUtcMs });
    }
    expect(system.stack.exits).toEqual([]);
  });

  it('over TCP through a way that stalls and has room for 1.2 times the bit rate: no frame is missing', async () => {
    const tcpRelays: TcpRelay[] = [];
    system = await startSystem({
      channel: { transport: 'tcp' },
      route: async (cameraUrl, number) => {
        const relay = await startTcpRelay(cameraUrl, addressOf(number), {
          bytesPerSecond: (1.2 * MBPS * 1e6) / 8,
          stalls: { everyMs: 15_000, maxMs: 4_000, seed: SEED + number },
        });
        relays.push(relay);
        tcpRelays.push(relay);
        return relay.url;
      },
    });
    await system.waitUntilRecording();
    const fromUtcMs = Date.now();
    await pause(DURATION_MS);
    for (const relay of tcpRelays) relay.open();
    await waitUntilCaughtUp(system);
    const toUtcMs = Date.now() - NOT_YET_WRITTEN_MS;
    await system.stack.recorder.stop();
    for (const { stalls } of tcpRelays) {
      console.log(
        `${stalls.count} stalls, ${Math.round(stalls.totalMs)} ms together, the longest ${Math.round(stalls.longestMs)} ms`,
      );
      expect(stalls.count).toBeGreaterThan(1);
    }
    for (const number of CHANNELS) {
      const session = await onlySession(system, number);
      expect([session.transport, session.framesDropped]).toEqual(['tcp', 0]);
      expect(await system.compareFrames(number)).toMatchObject({ framesLost: 0, lostRanges: [] });
      await expectEverySecondExplained(system, number, { fromUtcMs, toUtcMs });
    }
    expect(system.stack.exits).toEqual([]);
  });
});

function addressOf(number: number): string {
  return `127.0.201.${number}`;
}

/** That the recorder took the camera's stream as one: nobody has connected anew because of the network. */
async function onlySession(system: System, number: number): Promise<SessionCounters> {
  const { sessions } = (await system.simulator.counters())[number - 1]!.main;
  expect(sessions.length, `sessions of camera ${number}`).toBe(1);
  return sessions[0]!;
}

function framesOf({ ranges }: SessionCounters): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

/** Those that were hit, and all that follow one up to the next key frame that was not. */
function withDependants(hit: ReadonlySet<number>, sent: readonly number[], keys: ReadonlySet<number>): Set<number> {
  const all = new Set<number>();
  let isBroken = false;
  for (const frame of sent) {
    if (hit.has(frame)) isBroken = true;
    else if (keys.has(frame)) isBroken = false;
    if (isBroken) all.add(frame);
  }
  return all;
}

/** The recorder has counted as lost exactly what the relay has dropped; what comes after the last loss shows it the loss. */
async function waitUntilCounted(system: System, droppedOf: (number: number) => number): Promise<void> {
  await waitFor('the recorder counts what was lost', 10_000, () => {
    const rates = system.facts.rates.at(-1)!;
    for (const number of CHANNELS) {
      const { id } = system.stack.channels[number - 1]!;
      const { packetsLost } = rates.channels.find(({ channelId }) => channelId === id)!;
      const dropped = droppedOf(number);
      if (packetsLost !== dropped) throw new Error(`channel ${number}: ${packetsLost} counted, ${dropped} dropped`);
    }
    return true;
  });
}

/** What the way has held back has come. */
async function waitUntilCaughtUp(system: System): Promise<void> {
  await waitFor('the recorder has caught up', 30_000, async () => {
    const counters = await system.simulator.counters();
    const rates = system.facts.rates.at(-1)!;
    for (const number of CHANNELS) {
      const { id } = system.stack.channels[number - 1]!;
      const { videoFrames } = rates.channels.find(({ channelId }) => channelId === id)!;
      const { framesSent } = counters[number - 1]!.main;
      // One second's frames: so old may be what the recorder has said.
      if (framesSent - videoFrames > MAX_UNDER_WAY)
        throw new Error(`channel ${number}: ${videoFrames} of ${framesSent}`);
    }
    return true;
  });
}
